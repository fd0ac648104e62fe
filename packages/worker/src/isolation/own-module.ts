/** URL of a module of this folder, from source as well as from the build. */
export function ownModule(name: string): URL {
  return siblingModule(import.meta.url, name);
}

/** URL of a module beside the one at `url`. */
export function siblingModule(url: string, name: string): URL {
  return new URL(`./${name}${url.endsWith('.ts') ? '.ts' : '.js'}`, url);
}

/** Flags that a child of this program needs to load what this program has loaded. */
export function ownNodeFlags(): string[] {
  return import.meta.url.endsWith('.ts') ? ['--conditions=@mayfly/source'] : [];
}
