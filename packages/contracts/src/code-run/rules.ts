import type { FieldError } from '../errors.ts';
import { jsonToBytes } from '../json.ts';
import { findPathFault } from './file-path.ts';
import { CODE_LIMITS, type CodeRunParams } from './params.ts';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/u;

/**
 * What breaks the rules that the schema of `code.run` cannot say. Pointers are relative to the
 * params. The server asks at submission, and the sandbox again before it runs anything.
 */
export function findCodeRunFaults(params: CodeRunParams): FieldError[] {
  return [...checkProgram(params), ...checkFiles(params.files ?? []), ...checkSizes(params)];
}

function checkProgram({ code, files }: CodeRunParams): FieldError[] {
  if ((code === undefined) !== (files === undefined)) return [];
  return [{ pointer: '/code', detail: 'give either code or files' }];
}

type Files = NonNullable<CodeRunParams['files']>;

function checkFiles(files: Files): FieldError[] {
  return files.flatMap((file, index) => {
    const faults: FieldError[] = [];
    const pathFault = findPathFault(file.path) ?? findClash(files, index);
    if (pathFault !== null) faults.push({ pointer: `/files/${index}/path`, detail: pathFault });
    if (file.encoding === 'base64' && !BASE64.test(file.content)) {
      faults.push({ pointer: `/files/${index}/content`, detail: 'must be valid base64' });
    }
    return faults;
  });
}

/** A path may be there once, and not be a file and a folder at the same time. */
function findClash(files: Files, index: number): string | null {
  const path = files[index]?.path ?? '';
  const earlier = files.slice(0, index).map((file) => file.path);
  if (earlier.includes(path)) return 'is given twice';
  const clash = earlier.find(
    (other) => other.startsWith(`${path}/`) || path.startsWith(`${other}/`),
  );
  return clash === undefined ? null : `takes ${clash} for a folder, or the reverse`;
}

function checkSizes(params: CodeRunParams): FieldError[] {
  const { code, files = [], stdin = '', args = [], env = {} } = params;
  const errors: FieldError[] = [];
  const check = (pointer: string, bytes: number, bytesMax: number): void => {
    const detail = `must not be larger than ${bytesMax} bytes together; this is ${bytes}`;
    if (bytes > bytesMax) errors.push({ pointer, detail });
  };
  const fileBytes = files.map((file) => Buffer.byteLength(file.content, file.encoding));
  const programBytes = sum(fileBytes) + Buffer.byteLength(code ?? '');
  check(code === undefined ? '/files' : '/code', programBytes, CODE_LIMITS.filesBytesMax);
  check('/stdin', jsonToBytes(stdin).length, CODE_LIMITS.stdinBytesMax);
  const words = [...args, ...Object.entries(env).flat()];
  const commandBytes = sum(words.map((word) => Buffer.byteLength(word)));
  check(args.length > 0 ? '/args' : '/env', commandBytes, CODE_LIMITS.commandBytesMax);
  return errors;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, value) => total + value, 0);
}
