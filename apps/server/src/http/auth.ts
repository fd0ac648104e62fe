import { hasClaim, MayflyError, type Claim } from '@mayfly/contracts';
import type { Principal } from '@mayfly/core';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { KeyService } from '../keys/key-service.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Claims of which the key needs one; `public` for routes that need no key. */
    access?: Claim[] | 'public';
  }
  interface FastifyRequest {
    principal: Principal;
  }
}

/**
 * Closes every route: one without `config.access` cannot even be registered, so none is open by
 * mistake.
 */
export function requireKeys(app: FastifyInstance, keys: KeyService): void {
  app.decorateRequest('principal');
  app.addHook('onRoute', (route) => {
    if (route.config?.access) return;
    throw new Error(`the route ${route.url} does not say who may use it`);
  });
  app.addHook('onRequest', async (request) => {
    const { access } = request.routeOptions.config;
    if (access === 'public' || request.is404) return;
    const principal = await keys.authenticate(keyOf(request));
    if (access && !hasClaim(principal.claims, ...access)) {
      throw new MayflyError(
        'auth.missing_claim',
        `This API key lacks the claim ${access.join(' or ')}. Use another key.`,
        { extra: { neededClaims: access } },
      );
    }
    request.principal = principal;
  });
}

function keyOf(request: FastifyRequest): string | undefined {
  const header = request.headers['x-apikey'];
  if (typeof header === 'string') return header;
  const { authorization } = request.headers;
  const bearer = /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1];
  if (bearer !== undefined) return bearer;
  const query = (request.query as Record<string, unknown> | null)?.['apiKey'];
  return typeof query === 'string' ? query : undefined;
}
