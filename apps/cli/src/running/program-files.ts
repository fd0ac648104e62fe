import { readFile } from 'node:fs/promises';
import { basename, dirname, extname, relative, sep } from 'node:path';
import { bytesToJson, MayflyError, type CodeRunParams } from '@mayfly/contracts';
import { endingOf, languageOf } from './languages.ts';
import { readStdin } from './read-stdin.ts';

/** Instead of a file: the program comes from stdin. */
export const FROM_STDIN = '-';

/** Names that every sandbox takes as they are. */
const PLAIN_NAME = /^[A-Za-z0-9_][A-Za-z0-9._+-]*$/;

/** A program with the files beside it, as they were read. */
export interface ProgramFiles {
  path: string;
  bytes: Uint8Array;
  extras: { path: string; bytes: Uint8Array }[];
}

/** @throws MayflyError that names the file which cannot be read */
export async function readProgram(path: string, extras: readonly string[]): Promise<ProgramFiles> {
  const bytes = path === FROM_STDIN ? await readStdin() : await read(path);
  const root = path === FROM_STDIN ? '.' : dirname(path);
  const reading = extras.map(async (extra) => ({
    path: pathBeside(root, extra),
    bytes: await read(extra),
  }));
  return { path, bytes, extras: await Promise.all(reading) };
}

/**
 * The program as `code.run` takes it. It keeps its name where that tells the language, because the
 * name shows up in what the language says about errors.
 */
export function toParams(
  { path, bytes, extras }: ProgramFiles,
  language: string,
): Pick<CodeRunParams, 'code' | 'files'> {
  const name = basename(path);
  const keepsName = PLAIN_NAME.test(name) && languageOf(extname(name)) === language;
  const code = bytesToJson(bytes);
  if (!keepsName && extras.length === 0 && typeof code === 'string') return { code };
  const main = { path: keepsName ? name : `main${endingOf(language)}`, bytes };
  return { files: [main, ...extras].map(toFile) };
}

type ProgramFile = NonNullable<CodeRunParams['files']>[number];

function toFile({ path, bytes }: { path: string; bytes: Uint8Array }): ProgramFile {
  const content = bytesToJson(bytes);
  return typeof content === 'string'
    ? { path, content, encoding: 'utf8' }
    : { path, content: content.base64, encoding: 'base64' };
}

/** Files in the program's folder keep their place in it; others come right beside the program. */
function pathBeside(root: string, path: string): string {
  const inside = relative(root, path);
  return inside.startsWith('..') ? basename(path) : inside.replaceAll(sep, '/');
}

async function read(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = REASONS[code ?? ''] ?? message;
    throw new MayflyError('request.invalid', `${path} cannot be read: ${reason}.`, {
      cause: error,
    });
  }
}

const REASONS: Record<string, string> = {
  ENOENT: 'there is no such file',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
};
