import { bytesToJson, type StageOutput, type TextOrBytes } from '@mayfly/contracts';
import type { ProgramEnd } from './sandbox.ts';

/** A stage that never was. */
export const NO_STAGE: StageOutput = {
  exitCode: null,
  signal: null,
  stdout: '',
  stderr: '',
  stdoutTruncated: false,
  stderrTruncated: false,
  usage: { wallMs: 0, cpuMs: 0, peakMemoryBytes: 0, processes: 0 },
};

export function describeStage(end: ProgramEnd): StageOutput {
  return {
    exitCode: end.exitCode,
    signal: end.signal,
    stdout: describeOutput(end.stdout, end.stdoutTruncated),
    stderr: describeOutput(end.stderr, end.stderrTruncated),
    stdoutTruncated: end.stdoutTruncated,
    stderrTruncated: end.stderrTruncated,
    usage: end.usage,
  };
}

/** Output cut in the middle of a character is still text: it ends before that character. */
function describeOutput(bytes: Uint8Array, truncated: boolean): TextOrBytes {
  if (!truncated) return bytesToJson(bytes);
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return decoder.decode(bytes, { stream: true });
  } catch {
    return bytesToJson(bytes);
  }
}
