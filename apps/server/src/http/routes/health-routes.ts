import { MayflyError } from '@mayfly/contracts';
import type { FastifyInstance } from 'fastify';
import type { HttpParts } from '../http-parts.ts';
import { answers } from './route-parts.ts';

const okSchema = { type: 'object', properties: { status: { type: 'string' } } };

/** For load balancers and people; these need no key and tell no secrets. */
export function addHealthRoutes(app: FastifyInstance, { store, closing }: HttpParts): void {
  const health = (summary: string): object => ({
    config: { access: 'public' },
    schema: { tags: ['operation'], summary, security: [], response: answers({ 200: okSchema }) },
  });

  app.get('/healthz', health('The process is alive'), () => ({ status: 'ok' }));

  app.get('/readyz', health('The server can take tasks'), async () => {
    if (closing.aborted) throw new MayflyError('server.draining', 'Ask another server.');
    await store.ping();
    return { status: 'ok' };
  });
}
