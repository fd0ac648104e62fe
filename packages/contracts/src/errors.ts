/**
 * The closed catalogue of errors. A code never changes its meaning; `docs/reference/errors.md`
 * lists the same set, and a test compares the two.
 */
export const ERRORS = {
  'request.invalid_json': { status: 400, title: 'The body is not valid JSON' },
  'request.invalid': { status: 422, title: 'The request breaks its schema' },
  'request.bad_query': { status: 400, title: 'The query or path is not valid' },
  'request.bad_cursor': { status: 400, title: 'The cursor is not valid' },
  'request.too_large': { status: 413, title: 'The body is too large' },
  'request.unsupported_media_type': { status: 415, title: 'The content type is not supported' },
  'request.not_found': { status: 404, title: 'There is no such route' },
  'request.method_not_allowed': { status: 405, title: 'The method is not allowed here' },
  'auth.missing_key': { status: 401, title: 'No API key was given' },
  'auth.unknown_key': { status: 401, title: 'The API key is not known' },
  'auth.expired_key': { status: 401, title: 'The API key has expired' },
  'auth.missing_claim': { status: 403, title: 'The API key lacks the claim' },
  'key.not_found': { status: 404, title: 'There is no such API key' },
  'task.not_found': { status: 404, title: 'There is no such task' },
  'task.unknown_type': { status: 422, title: 'The task type is not known' },
  'task.invalid_params': { status: 422, title: 'The params break the schema of the type' },
  'task.unknown_dependency': { status: 422, title: 'A task to run after is not known' },
  'task.dependency_failed': { status: 409, title: 'A task to run after did not complete' },
  'task.unknown_runtime': { status: 422, title: 'No worker offers this runtime' },
  'task.not_finished': { status: 409, title: 'The task has not finished' },
  'task.already_finished': { status: 409, title: 'The task has finished already' },
  'task.not_retryable': { status: 409, title: 'The task cannot be retried now' },
  'task.not_changeable': { status: 409, title: 'The field cannot be changed now' },
  'task.queue_ttl_exceeded': { status: 409, title: 'The task waited longer than its queueTtlMs' },
  'task.total_ttl_exceeded': { status: 409, title: 'The task lived longer than its totalTtlMs' },
  'task.cancelled': { status: 409, title: 'The task was cancelled' },
  'task.too_many_lanes': { status: 422, title: 'There are too many queues and types' },
  'task.not_unique': { status: 409, title: 'Another task holds the unique key' },
  'queue.not_found': { status: 404, title: 'There is no such queue' },
  'queue.too_many_retentions': { status: 422, title: 'There are too many different retentions' },
  'schedule.not_found': { status: 404, title: 'There is no such schedule' },
  'schedule.name_taken': { status: 409, title: 'A schedule of this name exists' },
  'idempotency.conflict': { status: 409, title: 'The Idempotency-Key was used for another body' },
  'attempt.failed': { status: 500, title: 'The handler failed' },
  'attempt.ttl_exceeded': { status: 409, title: 'The attempt ran longer than its ttlMs' },
  'attempt.lease_lost': { status: 409, title: 'The attempt is no longer held by this worker' },
  'attempt.lost_too_often': { status: 409, title: 'The task lost its worker too often' },
  'attempt.invalid_result': { status: 422, title: 'The handler returned what cannot be stored' },
  'handler.crashed': { status: 500, title: 'The process of the handler ended unexpectedly' },
  'http.refused_address': { status: 422, title: 'The address is private and not allowed' },
  'http.bad_response': { status: 502, title: 'The request could not be completed' },
  'http.too_large': { status: 502, title: 'The response is larger than maxBytes' },
  'http.too_many_redirects': { status: 502, title: 'The request was redirected too often' },
  'http.timeout': { status: 504, title: 'The request took longer than timeoutMs' },
  'code.nonzero_exit': { status: 409, title: 'The program did not end well' },
  'sandbox.unavailable': { status: 503, title: 'The sandbox cannot run code here' },
  'sandbox.failed': { status: 500, title: 'The sandbox failed' },
  'worker.rejected': { status: 422, title: 'The worker registration is not valid' },
  'worker.not_found': { status: 404, title: 'There is no such worker' },
  'server.cannot_start': { status: 500, title: 'The server cannot start' },
  'bench.unavailable': { status: 501, title: 'The bench cannot run here' },
  'server.draining': { status: 503, title: 'The server is shutting down' },
  'server.overloaded': { status: 503, title: 'The server has too much waiting work' },
  'server.unreachable': { status: 503, title: 'The server cannot be reached' },
  'store.unavailable': { status: 503, title: 'The database cannot be reached' },
  'store.newer_schema': { status: 500, title: 'The database belongs to a newer Mayfly' },
  'internal.error': { status: 500, title: 'Something went wrong inside Mayfly' },
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** One broken field: a JSON pointer into the body (or the name of a query parameter), and why. */
export interface FieldError {
  pointer: string;
  detail: string;
}

interface ErrorOptions {
  errors?: FieldError[];
  /** Further members of the problem document, such as `currentStatus`. */
  extra?: Record<string, unknown>;
  cause?: unknown;
}

/** The one error class. `detail` is a sentence that tells the reader what to do. */
export class MayflyError extends Error {
  override readonly name = 'MayflyError';
  readonly code: ErrorCode;
  readonly errors: FieldError[];
  readonly extra: Record<string, unknown>;

  constructor(code: ErrorCode, detail: string, options: ErrorOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.errors = options.errors ?? [];
    this.extra = options.extra ?? {};
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  /** Keeps a `MayflyError` as it is; anything else becomes `fallback` with the cause kept inside. */
  static from(error: unknown, fallback: ErrorCode = 'internal.error'): MayflyError {
    if (error instanceof MayflyError) return error;
    const message = error instanceof Error ? error.message : String(error);
    return new MayflyError(fallback, message, { cause: error });
  }
}

/** RFC 9457 problem document, as every failing route answers. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  errors?: FieldError[];
  [extra: string]: unknown;
}

export function toProblem(error: MayflyError): Problem {
  const { status, title } = ERRORS[error.code];
  return {
    type: `urn:mayfly:error:${error.code}`,
    title,
    status,
    detail: error.message,
    code: error.code,
    ...(error.errors.length > 0 ? { errors: error.errors } : {}),
    ...error.extra,
  };
}

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}
