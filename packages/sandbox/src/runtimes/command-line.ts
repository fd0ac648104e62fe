import { ARTIFACT_PATH } from './artifact-path.ts';
import type { Runtime } from './runtime.ts';

type Command = [string, ...string[]];

/** Fills the words of a manifest's command line with what they stand for in this run. */
export function fillCommand(
  words: readonly [string, ...string[]],
  runtime: Runtime,
  paths: readonly string[],
): Command {
  const main = asArgument(paths[0] ?? '');
  const [first, ...rest] = words.flatMap((word) => {
    if (word === '{sources}') return findSources(runtime, paths).map(asArgument);
    return word
      .replaceAll('{binary}', runtime.binary)
      .replaceAll('{main}', main)
      .replaceAll('{artifact}', `./${ARTIFACT_PATH}`);
  });
  return [first ?? runtime.binary, ...rest];
}

function findSources(runtime: Runtime, paths: readonly string[]): string[] {
  const { sourceEndings } = runtime.manifest;
  return paths.filter(
    (path, index) => index === 0 || sourceEndings.some((ending) => path.endsWith(ending)),
  );
}

/** Keeps a file name from being read as an option (`-o`) or as a list of options (`@file`). */
function asArgument(path: string): string {
  return /^[-@]/u.test(path) ? `./${path}` : path;
}
