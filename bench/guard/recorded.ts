import { readFileSync, writeFileSync } from 'node:fs';
import type { Ratios } from './judge.ts';

const FILE = new URL('./recorded.json', import.meta.url);

export function readRecorded(): Ratios {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Ratios;
}

export function writeRecorded(ratios: Ratios): void {
  const rounded = Object.entries(ratios).map(([figure, ratio]) => [
    figure,
    Number(ratio.toFixed(2)),
  ]);
  writeFileSync(FILE, `${JSON.stringify(Object.fromEntries(rounded), null, 2)}\n`);
}
