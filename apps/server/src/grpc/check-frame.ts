import { LIMITS, MayflyError } from '@mayfly/contracts';
import type { Report, WorkerFrame } from '@mayfly/contracts/worker-protocol';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const CODE = /^[a-z0-9_.:-]{1,100}$/i;

/**
 * Checks what a worker of any make sends, before the core sees it. A frame with a broken name is
 * refused; a result that is no JSON makes its attempt fail, so that the task still ends.
 *
 * @throws MayflyError `worker.rejected`
 */
export function checkFrame(frame: WorkerFrame): WorkerFrame {
  const named = [...frame.reports, ...frame.output, ...frame.progress, ...frame.returned];
  for (const ref of named) {
    if (!UUID.test(ref.taskId) || !Number.isInteger(ref.attempt) || ref.attempt < 1) {
      throw new MayflyError('worker.rejected', 'A frame names an attempt that cannot be.');
    }
  }
  for (const chunk of frame.output) {
    if (chunk.data.byteLength > LIMITS.outputChunkBytesMax || chunk.seq < 0) {
      throw new MayflyError(
        'worker.rejected',
        `Output comes in chunks of at most ${LIMITS.outputChunkBytesMax} bytes, counted from 0.`,
      );
    }
  }
  if (Math.abs(frame.credits) > LIMITS.workerConcurrencyMax) {
    throw new MayflyError(
      'worker.rejected',
      `A frame changes credits by at most ${LIMITS.workerConcurrencyMax}, up or down.`,
    );
  }
  if (frame.sentAtMs !== undefined && !Number.isFinite(frame.sentAtMs)) {
    throw new MayflyError('worker.rejected', 'sentAtMs must be a time on a clock of the worker.');
  }
  return { ...frame, reports: frame.reports.map(checkReport) };
}

function checkReport(report: Report): Report {
  const flaw = report.resultJson === undefined ? undefined : flawOf(report.resultJson);
  if (flaw) {
    return {
      ...report,
      outcome: report.outcome === 'completed' ? 'failed' : report.outcome,
      resultJson: undefined,
      errorCode: 'attempt.invalid_result',
      errorMessage: `The worker sent a result that ${flaw}.`,
    };
  }
  const { errorCode, errorMessage } = report;
  return {
    ...report,
    errorCode: errorCode === undefined || CODE.test(errorCode) ? errorCode : 'attempt.failed',
    errorMessage: errorMessage?.replaceAll('\0', '\uFFFD').slice(0, LIMITS.errorMessageCharsMax),
  };
}

function flawOf(resultJson: string): string | undefined {
  if (Buffer.byteLength(resultJson) > LIMITS.resultBytesMax) {
    return `is larger than ${LIMITS.resultBytesMax} bytes`;
  }
  try {
    JSON.parse(resultJson);
    return undefined;
  } catch {
    return 'is not JSON';
  }
}
