import { MayflyError } from '@mayfly/contracts';
import type { FastifyInstance } from 'fastify';

/**
 * Reads JSON bodies strictly: bytes that are no UTF-8 are refused instead of being replaced. An
 * empty body counts as none, because many clients send the content-type with every POST.
 */
export function readJsonBodies(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  const decoder = new TextDecoder('utf-8', { fatal: true });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0) {
      done(null, undefined);
      return;
    }
    let text: string;
    try {
      text = decoder.decode(body as Buffer);
    } catch (error) {
      done(
        new MayflyError('request.invalid_json', 'The body is not valid UTF-8.', { cause: error }),
      );
      return;
    }
    void parseJson(request, text, done);
  });
}
