import type { RuntimeInfo } from '@mayfly/contracts';
import type { ReadOnlyMount } from '../sandbox.ts';
import type { RuntimeManifest } from './manifest.ts';

/** A runtime on this machine: its manifest, the binary found for it, and the version it has. */
export interface Runtime {
  manifest: RuntimeManifest;
  /** Path of the binary inside the sandbox. */
  binary: string;
  mounts: readonly ReadOnlyMount[];
  version: string;
}

export function describeRuntime({ manifest, version }: Runtime): RuntimeInfo {
  return {
    name: manifest.name,
    language: manifest.language,
    version,
    aliases: manifest.aliases,
    compiled: manifest.compile !== null,
  };
}
