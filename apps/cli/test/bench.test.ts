import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { requireBench } from '../src/running/run-bench.ts';
import { cli } from './support/cli.ts';
import { makeFolder } from './support/dev.ts';

let folder: string;

beforeAll(() => {
  folder = makeFolder();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a load that there is not is told with those that there are', async () => {
  const { code, stdout, stderr } = await cli(['bench', 'backlogs'], { cwd: folder });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('There is no load backlogs. There are backlog, submit, batch,');
});

test('one load, as JSON, goes where it is told to go', async () => {
  const out = join(folder, 'results');
  const args = ['bench', 'cancel', '--quick', '--json', '--out', out];
  const { code, stdout } = await cli(args, { cwd: folder });
  expect(code).toBe(0);
  const report = JSON.parse(stdout) as {
    about: { size: string };
    results: { load: string; contender: string; rounds: Record<string, number>[] }[];
    targets: { title: string; reached: boolean | null }[];
  };
  expect(report.about.size).toBe('quick');
  expect(report.results.map(({ load }) => load)).toEqual(['cancel']);
  expect(report.results[0]?.rounds[0]?.['deadp50']).toBeGreaterThan(0);
  // Of this run's targets some are judged, and the others are not.
  const judged = report.targets.filter(({ reached }) => reached !== null);
  expect(judged.map(({ title }) => title)).toEqual([
    'Cancel from another server to the dead process, p99',
  ]);
});

test('outside of a checkout it says where it works', () => {
  const main = pathToFileURL(join(folder, 'nowhere', 'main.ts'));
  expect(() => requireBench(main)).toThrow(/run this in a checkout/);
});

test('where the other systems are not installed it says how to get them', () => {
  mkdirSync(join(folder, 'bench'));
  const main = join(folder, 'bench', 'main.ts');
  writeFileSync(main, '');
  expect(() => requireBench(pathToFileURL(main))).toThrow(
    /graphile-worker, pg-boss, bullmq, ioredis, which must be installed. Run scripts\/set-up/,
  );
  for (const name of ['graphile-worker', 'pg-boss', 'ioredis'])
    mkdirSync(join(folder, 'node_modules', name), { recursive: true });
  expect(() => requireBench(pathToFileURL(main))).toThrow(/compares with bullmq, which/);
});
