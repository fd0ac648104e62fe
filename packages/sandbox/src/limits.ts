import type { StageLimits } from '@mayfly/contracts';

const MIB = 1024 * 1024;

/** Limits of one stage with every field decided. */
export type ResolvedLimits = { [Name in keyof StageLimits]-?: number };

/**
 * Time has no default of its own: the TTL of the attempt ends a run, so a limit that is left out
 * is the largest one that the contract knows, never "none".
 */
export const RUN_LIMITS: ResolvedLimits = {
  cpuMs: 3_600_000,
  wallMs: 86_400_000,
  memoryBytes: 256 * MIB,
  processes: 64,
  diskBytes: 64 * MIB,
  outputBytes: MIB,
};

export const COMPILE_LIMITS: ResolvedLimits = {
  cpuMs: 60_000,
  wallMs: 30_000,
  memoryBytes: 1024 * MIB,
  processes: 64,
  diskBytes: 128 * MIB,
  outputBytes: MIB,
};

/** Later sources win; `ceilings` then lowers what is above them. */
export function resolveLimits(
  sources: readonly (StageLimits | undefined)[],
  ceilings: StageLimits = {},
): ResolvedLimits {
  const limits = { ...RUN_LIMITS };
  for (const source of sources) assignDefined(limits, source ?? {});
  for (const name of Object.keys(limits) as (keyof ResolvedLimits)[]) {
    limits[name] = Math.min(limits[name], ceilings[name] ?? Infinity);
  }
  return limits;
}

function assignDefined(target: ResolvedLimits, source: StageLimits): void {
  for (const name of Object.keys(target) as (keyof ResolvedLimits)[]) {
    target[name] = source[name] ?? target[name];
  }
}
