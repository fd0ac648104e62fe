import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';

/**
 * OpenAPI 3.1 at /api/openapi.json and Swagger UI at /api/docs, both without a key. Call it before
 * `requireKeys`.
 */
export async function addOpenApi(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Mayfly',
        version,
        description: 'Runs tasks that never outlive their time.',
        license: { name: 'MIT', identifier: 'MIT' },
      },
      tags: [
        { name: 'tasks', description: 'Submit, watch, change and end tasks' },
        { name: 'queues', description: 'What waits where, pause and limits' },
        { name: 'schedules', description: 'Submit again and again by the clock' },
        { name: 'catalog', description: 'What can be run' },
        { name: 'operation', description: 'Workers, figures, health' },
        { name: 'keys', description: 'API keys' },
      ],
      components: {
        securitySchemes: {
          header: { type: 'apiKey', in: 'header', name: 'X-ApiKey' },
          query: { type: 'apiKey', in: 'query', name: 'apiKey' },
          bearer: { type: 'http', scheme: 'bearer' },
        },
      },
      security: [{ header: [] }, { query: [] }, { bearer: [] }],
    },
  });
  // The plug-in brings routes of its own, which do not say who may use them.
  await app.register(async (docs) => {
    docs.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'public' };
    });
    await docs.register(swaggerUi, { routePrefix: '/api/docs', staticCSP: true });
  });
}

/** After the routes, because it lists them. */
export function addOpenApiDocument(app: FastifyInstance): void {
  app.get('/api/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, () =>
    app.swagger(),
  );
}
