import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestServer } from './support.ts';

const task = { type: 'sleep', params: { ms: 1 }, ttlMs: 1000 };
const every = { name: 'x', everyMs: 60_000, task };
const cron = { name: 'x', cron: '0 3 * * *', task };
const day = 86_400_000;
const hook = (url: unknown): object => ({ webhook: { url } });
const ids = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`);

type Case = [name: string, fields: object, pointer: string, remedy: RegExp];

// Whatever may be given with a task, alone, in a batch and in a schedule.
const OF_TASKS: Case[] = [
  ['a long webhook address', hook(`https://a.io/${'x'.repeat(2048)}`), '/webhook/url', /2048/],
  ['an empty webhook address', hook(''), '/webhook/url', /fewer/],
  ['a webhook address of no text', hook(7), '/webhook/url', /string/],
  ['a file as webhook', hook('file:///etc/passwd'), '/webhook/url', /http or https/],
  ['an unspecified webhook address', hook('http://0.0.0.0/'), '/webhook/url', /private/],
  ['a numeric webhook address', hook('http://2130706433/'), '/webhook/url', /private/],
  ['an IPv6 loopback webhook', hook('http://[::1]/'), '/webhook/url', /private/],
  ['a webhook of no object', { webhook: 'https://a.io' }, '/webhook', /object/],
  ['a long concurrency key', { concurrencyKey: 'k'.repeat(201) }, '/concurrencyKey', /200/],
  ['an empty concurrency key', { concurrencyKey: '' }, '/concurrencyKey', /fewer/],
];

const OF_SUBMISSIONS: Case[] = [
  ['a long unique key', { unique: { key: 'k'.repeat(201) } }, '/unique/key', /200/],
  ['an unknown scope', { unique: { key: 'k', scope: 'day' } }, '/unique/scope', /unfinished/],
  ['a long window', { unique: { key: 'k', windowMs: 31 * day } }, '/unique/windowMs', /<= /],
  ['a window of text', { unique: { key: 'k', windowMs: '1d' } }, '/unique/windowMs', /integer/],
  ['too many predecessors', { after: ids(101) }, '/after', /more than 100/],
  ['predecessors of no list', { after: 'all' }, '/after', /array/],
  ['an unknown policy', { afterPolicy: 'wait' }, '/afterPolicy', /run-anyway/],
];

const OF_SCHEDULES: Case[] = [
  ['an empty cron', { ...cron, cron: '' }, '/cron', /./],
  ['a long cron', { ...cron, cron: '1,'.repeat(200) }, '/cron', /200/],
  ['a cron of seven fields', { ...cron, cron: '0 0 3 * * * 2030' }, '/cron', /such as 0 3/],
  ['a cron of no text', { ...cron, cron: 5 }, '/cron', /string/],
  ['a long time zone', { ...cron, timeZone: 'Z'.repeat(65) }, '/timeZone', /64/],
  ['a time zone of no text', { ...cron, timeZone: 1 }, '/timeZone', /string/],
  ['an interval of no length', { ...every, everyMs: 0 }, '/everyMs', /1000/],
  ['a fractional interval', { ...every, everyMs: 1000.5 }, '/everyMs', /integer/],
  ['an endless interval', { ...every, everyMs: 401 * day }, '/everyMs', /<= /],
  ['an interval of text', { ...every, everyMs: '1m' }, '/everyMs', /integer/],
  ['no slot to catch up', { ...every, catchUpMax: 0 }, '/catchUpMax', />= 1/],
  ['too many to catch up', { ...every, catchUpMax: 101 }, '/catchUpMax', /100/],
  [
    'unique in a schedule',
    { ...every, task: { ...task, unique: { key: 'k' } } },
    '/task/unique',
    /known/,
  ],
  ['after in a schedule', { ...every, task: { ...task, after: ids(1) } }, '/task/after', /known/],
];

const OF_QUEUES: Case[] = [
  ['a fractional rate', { rateLimit: { count: 1.5, perMs: 1000 } }, '/rateLimit/count', /integer/],
  ['a rate of text', { keyRateLimit: '5/1s' }, '/keyRateLimit', /object/],
  ['an unknown unit', { rateLimit: { count: 1, perMs: 5, per: 's' } }, '/rateLimit/per', /known/],
  ['a huge rate', { keyRateLimit: { count: 1e9, perMs: 5 } }, '/keyRateLimit/count', /<= 1000000/],
  ['a huge key limit', { keyConcurrency: 1e9 }, '/keyConcurrency', /<= 1000000/],
  ['a short retention', { retentionMs: day - 1 }, '/retentionMs', />= 86400000/],
  ['a retention of text', { retentionMs: '7d' }, '/retentionMs', /integer/],
];

// Goal: a wrong value is told by its field, with what it must be, and leaves no trace.
describe('a field that is wrong', () => {
  let mayfly: TestServer;
  let scheduleId: string;

  beforeAll(async () => {
    mayfly = await TestServer.start({ webhookSecret: 'a secret of more than enough characters' });
    const { body } = await mayfly.post('/api/schedules', { ...every, name: 'there', paused: true });
    scheduleId = body.id;
  });
  afterAll(() => mayfly.stop());

  async function everything(): Promise<string> {
    const parts = ['/api/schedules', '/api/queues'].map((path) => mayfly.get(path));
    const bodies = (await Promise.all(parts)).map(({ body }) => body);
    return JSON.stringify([await mayfly.snapshot(), bodies]);
  }

  async function refused(
    [method, path, body]: [string, string, object],
    pointer: string,
    remedy: RegExp,
  ): Promise<void> {
    const before = await everything();
    const answer = await mayfly.call(method, path, { body });
    expect(answer).toMatchObject({
      status: 422,
      body: { code: 'request.invalid', errors: [{ pointer }] },
    });
    expect(answer.body.errors).toHaveLength(1);
    expect(answer.body.errors[0].detail).toMatch(remedy);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(await everything()).toBe(before);
  }

  it.each([...OF_TASKS, ...OF_SUBMISSIONS])('in a task: %s', async (_, fields, pointer, remedy) => {
    const bad = { ...task, ...fields };
    await refused(['POST', '/api/tasks', bad], pointer, remedy);
    const tasks = [task, bad, task];
    await refused(['POST', '/api/tasks/batch', { tasks }], `/tasks/1${pointer}`, remedy);
  });

  it.each(OF_TASKS)('in the task of a schedule: %s', async (_, fields, pointer, remedy) => {
    const body = { ...every, task: { ...task, ...fields } };
    await refused(['POST', '/api/schedules', body], `/task${pointer}`, remedy);
    const change = { task: body.task };
    await refused(['PATCH', `/api/schedules/${scheduleId}`, change], `/task${pointer}`, remedy);
  });

  it.each(OF_SCHEDULES)('in a schedule: %s', async (_, body, pointer, remedy) => {
    await refused(['POST', '/api/schedules', body], pointer, remedy);
    const change = { ...body, name: 'there' };
    await refused(['PATCH', `/api/schedules/${scheduleId}`, change], pointer, remedy);
  });

  it.each(OF_QUEUES)('in a queue: %s', async (_, body, pointer, remedy) => {
    await refused(['PUT', '/api/queues/new', body], pointer, remedy);
  });
});
