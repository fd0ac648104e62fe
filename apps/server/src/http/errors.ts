import { MayflyError, toProblem, type ErrorCode, type Log } from '@mayfly/contracts';
import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import { toRequestError } from './validation.ts';

/** Every failing route answers with a problem document (RFC 9457). */
export function handleErrors(app: FastifyInstance, log: Log): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const known = toMayflyError(error);
    if (known.status >= 500 && known.code !== 'server.draining') {
      log.error(
        { error, method: request.method, route: request.routeOptions.url },
        'a request failed',
      );
    }
    return sendProblem(reply, known);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0];
    return sendProblem(
      reply,
      new MayflyError(
        'request.not_found',
        `There is no ${request.method} ${path}. /api/docs lists every route.`,
      ),
    );
  });
}

function sendProblem(reply: FastifyReply, error: MayflyError): FastifyReply {
  if (error.status === 401) reply.header('www-authenticate', 'Bearer realm="mayfly"');
  if (error.status === 503) reply.header('retry-after', '1');
  return reply
    .code(error.status)
    .header('content-type', 'application/problem+json; charset=utf-8')
    .send(JSON.stringify(toProblem(error)));
}

/** Errors of Fastify itself that a caller can mend. */
const FASTIFY_CODES: Record<string, { code: ErrorCode; detail: string }> = {
  FST_ERR_CTP_INVALID_JSON_BODY: {
    code: 'request.invalid_json',
    detail: 'The body is not valid JSON.',
  },
  FST_ERR_CTP_EMPTY_JSON_BODY: {
    code: 'request.invalid_json',
    detail: 'The body is empty. Send JSON, or leave the content-type out.',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'request.unsupported_media_type',
    detail: 'Send the body with content-type: application/json.',
  },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'request.invalid_json',
    detail: 'The body is shorter or longer than its content-length.',
  },
};

function toMayflyError(error: FastifyError): MayflyError {
  if (error instanceof MayflyError) return error;
  if (error.validation) {
    return toRequestError(error.validation, error.validationContext ?? '');
  }
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return new MayflyError(
      'request.too_large',
      'The body is larger than this route takes. Split it, or have the operator raise --max-body.',
    );
  }
  const known = FASTIFY_CODES[error.code];
  if (known) return new MayflyError(known.code, known.detail, { cause: error });
  if (error.statusCode !== undefined && error.statusCode < 500) {
    return new MayflyError('request.invalid_json', error.message, { cause: error });
  }
  // What went wrong inside is for the log; the caller gets no look at it.
  return new MayflyError(
    'internal.error',
    'Something went wrong inside Mayfly. Try again; the log of the server has the reason.',
    { cause: error },
  );
}
