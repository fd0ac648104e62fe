import { describe, expect, it } from 'vitest';
import { decideVerdict, type EndFacts } from '../src/program-verdict.ts';

const FINE: EndFacts = {
  failure: null,
  causes: new Set(),
  softStop: null,
  exitCode: 0,
  signal: null,
  processLimitHit: false,
};

describe('verdict', () => {
  it.each<[string, Partial<EndFacts>]>([
    ['ok', {}],
    ['ok', { processLimitHit: true }],
    ['ok', { softStop: 'cancelled' }],
    ['nonzero-exit', { exitCode: 3 }],
    ['signalled', { exitCode: null, signal: 'SIGSEGV' }],
    ['process-limit', { exitCode: 1, processLimitHit: true }],
    ['process-limit', { exitCode: null, signal: 'SIGABRT', processLimitHit: true }],
    ['wall-limit', { softStop: 'wall-limit', exitCode: 1 }],
    ['cancelled', { softStop: 'cancelled', exitCode: null, signal: 'SIGTERM' }],
    ['memory-limit', { causes: new Set(['memory-limit'] as const) }],
    ['memory-limit', { causes: new Set(['output-limit', 'memory-limit'] as const) }],
    ['cpu-limit', { causes: new Set(['memory-limit', 'cpu-limit'] as const) }],
    ['wall-limit', { causes: new Set(['cpu-limit', 'wall-limit'] as const) }],
    ['cancelled', { causes: new Set(['wall-limit', 'cancelled'] as const) }],
    ['sandbox-error', { failure: 'broken', causes: new Set(['cancelled'] as const) }],
  ])('%s: %o', (verdict, facts) => {
    expect(decideVerdict({ ...FINE, ...facts })).toBe(verdict);
  });
});
