import { MayflyError, type RuntimeInfo } from '@mayfly/contracts';

/** Endings of program files, by language as runtimes name it. */
const ENDINGS: Record<string, string> = {
  '.py': 'python',
  '.c': 'c',
  '.cpp': 'cpp',
  '.cc': 'cpp',
  '.cxx': 'cpp',
  '.c++': 'cpp',
  '.js': 'javascript',
  '.mjs': 'javascript',
  '.cjs': 'javascript',
  '.ts': 'typescript',
  '.mts': 'typescript',
  '.sh': 'bash',
  '.bash': 'bash',
  '.cs': 'csharp',
};

/** The language of files with this ending; undefined for one that is not known here. */
export function languageOf(ending: string): string | undefined {
  return ENDINGS[ending.toLowerCase()];
}

/** The usual ending of a language; empty for one that is not known here. */
export function endingOf(language: string): string {
  return Object.entries(ENDINGS).find(([, name]) => name === language)?.[0] ?? '';
}

/**
 * Which runtime to ask for: the one that was named, or the first of the file's language.
 *
 * @throws MayflyError `task.unknown_runtime` with the list of those there are
 */
export function chooseRuntime(
  named: string | undefined,
  ending: string,
  runtimes: readonly RuntimeInfo[],
): RuntimeInfo {
  const wanted = named ?? languageOf(ending);
  const there = runtimes.map((runtime) => runtime.name).join(', ');
  if (wanted === undefined) {
    const what = ending === '' ? 'a file without an ending' : `${ending} files`;
    throw unknown(`It is not known what runs ${what}. Name it with --runtime: ${there || 'none'}.`);
  }
  const found =
    runtimes.find((runtime) => runtime.name === wanted || runtime.aliases.includes(wanted)) ??
    (named === undefined ? runtimes.find((runtime) => runtime.language === wanted) : undefined);
  if (found) return found;
  throw unknown(
    there === ''
      ? 'No worker that is online can run code. Start one, or see `mayfly doctor`.'
      : `No worker that is online offers the runtime ${wanted}. There are ${there}.`,
  );
}

function unknown(detail: string): MayflyError {
  return new MayflyError('task.unknown_runtime', detail);
}
