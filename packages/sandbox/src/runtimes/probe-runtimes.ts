import { availableParallelism } from 'node:os';
import { MayflyError } from '@mayfly/contracts';
import { createCodeRunner } from '../code-runner.ts';
import { resolveLimits } from '../limits.ts';
import type { ProgramEnd, Sandbox } from '../sandbox.ts';
import { fillCommand } from './command-line.ts';
import { findBinary } from './find-binary.ts';
import { loadManifests, type RuntimeManifest } from './manifest.ts';
import type { Runtime } from './runtime.ts';
import { TOOLCHAIN_CACHE } from './stage-toolchain.ts';

/** A runtime that cannot be offered here: why, and what to do about it. */
export interface MissingRuntime {
  name: string;
  reason: string;
  /** One sentence with the exact command. */
  remedy: string;
}

export interface ProbedRuntimes {
  working: Runtime[];
  missing: MissingRuntime[];
}

export interface ProbeOptions {
  sandbox: Sandbox;
  /** Default: the ones that this package brings. */
  manifests?: readonly RuntimeManifest[];
  /** Where copies of toolchains may lie; default `/var/cache/mayfly/toolchains`. */
  cacheFolder?: string;
}

const PROBE_WALL_MS = 30_000;
const EXPECTED_OUTPUT = 'ok\n';

/**
 * Finds out which runtimes work on this machine: each one compiles and runs a real program in the
 * sandbox. Never throws for a runtime that does not work.
 */
export async function probeRuntimes(options: ProbeOptions): Promise<ProbedRuntimes> {
  const { sandbox, manifests = loadManifests(), cacheFolder = TOOLCHAIN_CACHE } = options;
  const probed: ProbedRuntimes = { working: [], missing: [] };
  const waiting = [...manifests];
  const probeNext = async (): Promise<void> => {
    for (let manifest = waiting.shift(); manifest; manifest = waiting.shift()) {
      const found = await probeManifest(sandbox, manifest, cacheFolder);
      if ('manifest' in found) probed.working.push(found);
      else probed.missing.push(found);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, probeNext));
  const order = (name: string): number => manifests.findIndex((other) => other.name === name);
  probed.working.sort((a, b) => order(a.manifest.name) - order(b.manifest.name));
  probed.missing.sort((a, b) => order(a.name) - order(b.name));
  return probed;
}

/** The first candidate that works, or what was wrong with the last one. */
async function probeManifest(
  sandbox: Sandbox,
  manifest: RuntimeManifest,
  cacheFolder: string,
): Promise<Runtime | MissingRuntime> {
  let reason = `It is not installed at ${manifest.binaries.join(' or ')}.`;
  for (const candidate of manifest.binaries) {
    try {
      const found = await findBinary(candidate, cacheFolder);
      if (found === null) continue;
      const runtime = { manifest, ...found, version: '' };
      runtime.version = await askVersion(sandbox, runtime);
      const fault = await tryOut(sandbox, runtime);
      if (fault === null) return runtime;
      reason = `${candidate} ${runtime.version} does not work: ${fault}`;
    } catch (error) {
      reason = `${candidate} cannot be tried: ${MayflyError.from(error).message}`;
    }
  }
  return { name: manifest.name, reason, remedy: manifest.remedy };
}

async function askVersion(sandbox: Sandbox, runtime: Runtime): Promise<string> {
  const { manifest, mounts } = runtime;
  const end = await sandbox.start({
    argv: fillCommand(manifest.version, runtime, []),
    env: manifest.env,
    files: [],
    stdin: new Uint8Array(),
    limits: resolveLimits([manifest.runLimits, { wallMs: PROBE_WALL_MS }]),
    mounts,
    artifact: null,
  }).done;
  return /\d+(?:\.\d+)+/u.exec(printed(end))?.[0] ?? 'unknown';
}

/** What went wrong with the probe program, or null. */
async function tryOut(sandbox: Sandbox, runtime: Runtime): Promise<string | null> {
  const runner = createCodeRunner({ sandbox, runtimes: [runtime], cacheBytes: 0 });
  const { name, probe } = runtime.manifest;
  const limits = { wallMs: PROBE_WALL_MS };
  const { result, failure } = await runner.start({ runtime: name, code: probe, limits }).done;
  if (result.verdict === 'ok' && result.stdout === EXPECTED_OUTPUT) return null;
  const said = [failure, result.compile?.stderr, result.stderr].filter(
    (text): text is string => typeof text === 'string',
  );
  return [result.verdict, ...said].join(' ').trim().replaceAll(/\s+/gu, ' ').slice(0, 500);
}

function printed({ stdout, stderr }: ProgramEnd): string {
  return `${Buffer.from(stdout).toString()}${Buffer.from(stderr).toString()}`;
}
