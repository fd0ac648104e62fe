import fastify, { type FastifyInstance } from 'fastify';
import { requireKeys } from './auth.ts';
import { handleErrors } from './errors.ts';
import type { HttpParts } from './http-parts.ts';
import { readJsonBodies } from './json-body.ts';
import { addOpenApi, addOpenApiDocument } from './openapi.ts';
import { addCatalogRoutes } from './routes/catalog-routes.ts';
import { addControlRoutes } from './routes/control-routes.ts';
import { addHealthRoutes } from './routes/health-routes.ts';
import { addKeyRoutes } from './routes/key-routes.ts';
import { addOutputRoutes } from './routes/output-routes.ts';
import { addQueueRoutes } from './routes/queue-routes.ts';
import { addScheduleRoutes } from './routes/schedule-routes.ts';
import { addStreamRoutes } from './routes/stream-routes.ts';
import { addSubmissionRoutes } from './routes/submission-routes.ts';
import { addTaskRoutes, addWebhookRoutes } from './routes/task-routes.ts';
import { addWorkerRoutes } from './routes/worker-routes.ts';
import { createValidatorCompiler } from './validation.ts';

const HEADERS_TIMEOUT_MS = 30_000;

/** The HTTP API, ready to listen. */
export async function createApp(parts: HttpParts): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: parts.bodyBytesMax,
    requestTimeout: HEADERS_TIMEOUT_MS,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 200 },
    logger: false,
  });
  app.setValidatorCompiler(createValidatorCompiler());
  // Response schemas are for the documentation; what the core gives is of that shape already.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  handleErrors(app, parts.log);
  readJsonBodies(app);
  await addOpenApi(app, parts.version);
  requireKeys(app, parts.keys);
  addHealthRoutes(app, parts);
  addSubmissionRoutes(app, parts);
  addTaskRoutes(app, parts);
  addWebhookRoutes(app, parts);
  addOutputRoutes(app, parts);
  addStreamRoutes(app, parts);
  addControlRoutes(app, parts);
  addQueueRoutes(app, parts);
  addScheduleRoutes(app, parts);
  addCatalogRoutes(app, parts);
  addWorkerRoutes(app, parts);
  addKeyRoutes(app, parts);
  addOpenApiDocument(app);
  return app;
}
