/** How one run of a program ended. */
export const VERDICTS = [
  'ok',
  'nonzero-exit',
  'signalled',
  'cpu-limit',
  'wall-limit',
  'memory-limit',
  'output-limit',
  'process-limit',
  'compile-error',
  'compile-limit',
  'cancelled',
  'sandbox-error',
] as const;

export type Verdict = (typeof VERDICTS)[number];
