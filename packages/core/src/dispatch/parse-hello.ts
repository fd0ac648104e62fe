import {
  ATTEMPT_OUTCOMES,
  MayflyError,
  workerRegistrationSchema,
  type AttemptOutcome,
  type WorkerRegistration,
} from '@mayfly/contracts';

const ERRORS_TOLD_MAX = 20;

/** @throws MayflyError `worker.rejected` that names the broken fields */
export function parseRegistration(text: string): WorkerRegistration {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new MayflyError('worker.rejected', 'The registration is not JSON.', { cause: error });
  }
  const parsed = workerRegistrationSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.slice(0, ERRORS_TOLD_MAX).map((issue) => ({
    pointer: `/${issue.path.map(String).join('/')}`,
    detail: issue.message,
  }));
  const sentence = errors.map((error) => `${error.pointer} ${error.detail}`).join('; ');
  throw new MayflyError('worker.rejected', `The registration is not valid: ${sentence}.`, {
    errors,
  });
}

/** @throws MayflyError `worker.rejected` */
export function parseOutcome(text: string): AttemptOutcome {
  const outcome = ATTEMPT_OUTCOMES.find((known) => known === text);
  if (!outcome) throw new MayflyError('worker.rejected', `There is no outcome ${text}.`);
  return outcome;
}
