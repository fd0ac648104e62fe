/** URL of a sibling module, from source as well as from the build. */
export function ownModule(name: string): URL {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  return new URL(`./${name}${extension}`, import.meta.url);
}

/** Flags that a child of this program needs to load what this program has loaded. */
export function ownNodeFlags(): string[] {
  return import.meta.url.endsWith('.ts') ? ['--conditions=@mayfly/source'] : [];
}
