import {
  DATABASE_KINDS,
  hasDatabase,
  requirePart,
  startDatabase,
  type TestServer,
} from '@mayfly/testkit';
import { afterAll, beforeAll, describe } from 'vitest';
import { Fixture } from './fixture.ts';
import { controlSuite } from './suites/control.ts';
import { dependencySuite } from './suites/dependencies.ts';
import { dispatchSuite } from './suites/dispatch.ts';
import { keepingSuite } from './suites/keeping.ts';
import { keySuite } from './suites/keys.ts';
import { queueSuite } from './suites/queues.ts';
import { readingSuite } from './suites/reading.ts';
import { retentionMixSuite } from './suites/retention-mix.ts';
import { retentionSuite } from './suites/retention.ts';
import { scheduleSuite } from './suites/schedules.ts';
import { submissionSuite } from './suites/submissions.ts';
import { webhookSuite } from './suites/webhooks.ts';
import { workerSuite } from './suites/workers.ts';

// Goal: the store keeps every promise of its port on each way to have PostgreSQL.
// Method: one suite, run on a throw-away server, a durable embedded one, and an external one from
// Debian over TCP with a password; each test has a database of its own.
describe.each(DATABASE_KINDS)('store on %s', (kind) => {
  const remedy = 'Install it with: apt-get install postgresql';
  if (!requirePart('PostgreSQL from Debian', hasDatabase(kind), remedy)) return;

  let server: TestServer;
  beforeAll(async () => {
    server = await startDatabase(kind);
  });
  afterAll(() => server.stop());

  const open = (): Promise<Fixture> => Fixture.open(server);
  describe('submissions', () => submissionSuite(open));
  describe('dispatch', () => dispatchSuite(open));
  describe('dependencies', () => dependencySuite(open));
  describe('control', () => controlSuite(open));
  describe('queues', () => queueSuite(open));
  describe('reading', () => readingSuite(open));
  describe('workers', () => workerSuite(open));
  describe('keeping', () => keepingSuite(open));
  describe('retention', () => {
    retentionSuite(open);
    retentionMixSuite(open);
  });
  describe('schedules', () => scheduleSuite(open));
  describe('webhooks', () => webhookSuite(open));
  describe('keys', () => keySuite(open));
});
