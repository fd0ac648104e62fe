import { createServer } from 'node:http';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, statSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient, type MayflyClient } from '@mayfly/client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startCli } from './support/cli.ts';
import { makeFolder, NO_CODE, startDev, THROW_AWAY, type ReadyDev } from './support/dev.ts';
import { descendantsOf, survivorsOf } from './support/processes.ts';

const HANDLERS = fileURLToPath(new URL('support/handlers.ts', import.meta.url));
const POLL = { timeout: 30_000, interval: 20 };
const LONG = { type: 'sleep', params: { ms: 600_000 }, ttlMs: 900_000 };

let folder: string;

beforeEach(() => {
  folder = makeFolder();
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('start', () => {
  test('the banner tells all that is needed, and both lines to paste work', async () => {
    const dev = startCli(['dev', ...THROW_AWAY, ...NO_CODE], { cwd: folder });
    const [, curl] = await dev.shows(/^ +(curl .*)$/m);
    await dev.shows(/npx mayfly run - --runtime python --ttl 5s/);
    const [, url] = await dev.shows(/API +(http:\/\/127\.0\.0\.1:\d+)$/m);
    await dev.shows(new RegExp(`Docs +${url}/api/docs`));
    await dev.shows(/Worker +\S+, \d+ tasks at a time$/m);
    await dev.shows(/Types +generate\.login, generate\.number, http\.request, sleep$/m);
    const [, apiKey = ''] = await dev.shows(/API key +(\S+)$/m);
    expect(curl).toContain(`X-ApiKey: ${apiKey}`);
    const response = await fetch(`${url}/api/tasks`, {
      method: 'POST',
      headers: { 'x-apikey': apiKey, 'content-type': 'application/json' },
      body: /-d '(.*)'$/.exec(curl ?? '')?.[1] ?? '',
    });
    expect(response.status).toBe(201);
    dev.kill('SIGTERM');
    const end = await dev.end;
    expect(end).toMatchObject({ code: 0, stderr: 'mayfly: Stopping.\n' });
  });

  test('other commands find it through a private file, which goes with it', async () => {
    const dev = await startDev(NO_CODE);
    const file = join(dev.folder, '.mayfly', 'connection.json');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      url: dev.url,
      apiKey: dev.apiKey,
      pid: dev.pid,
    });
    const { stdout } = await dev.cli(['stats', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ workers: { online: 1 } });
    dev.process.kill('SIGTERM');
    await dev.process.end;
    expect(existsSync(join(dev.folder, '.mayfly'))).toBe(false);
    await dev.stop();
  });

  test('the file of a server that was killed is of no effect', async () => {
    const dev = await startDev(NO_CODE);
    const family = descendantsOf(dev.pid);
    expect(family.some(({ name }) => name === 'postgres')).toBe(true);
    dev.process.kill('SIGKILL');
    await dev.process.end;
    expect(existsSync(join(dev.folder, '.mayfly', 'connection.json'))).toBe(true);
    const { stderr } = await dev.cli(['stats', '--json']);
    expect(JSON.parse(stderr).detail).not.toContain(dev.url);
    await dev.stop();
  });

  test('the key and the tasks outlive a restart on the same data', async () => {
    const args = ['dev', '--port', '0', '--json', ...NO_CODE];
    const first = startCli(args, { cwd: folder });
    const { url, apiKey } = await first.firstJson<ReadyDev>();
    const task = await createClient({ url, apiKey }).submit({ ...LONG, delayMs: 3_600_000 });
    first.kill('SIGTERM');
    expect(await first.end).toMatchObject({ code: 0 });
    const file = join(folder, '.mayfly', 'dev-key');
    expect(readFileSync(file, 'utf8')).toBe(`${apiKey}\n`);
    expect(statSync(file).mode & 0o777).toBe(0o600);

    const second = startCli(args, { cwd: folder });
    const again = await second.firstJson<ReadyDev>();
    expect(again.apiKey).toBe(apiKey);
    await expect(createClient(again).get(task.id)).resolves.toMatchObject({ status: 'scheduled' });
    second.kill('SIGINT');
    expect(await second.end).toMatchObject({ code: 0 });
  });

  test('MAYFLY_API_KEY is the key', async () => {
    const env = { MAYFLY_API_KEY: 'chosen-by-the-test' };
    const dev = startCli(['dev', ...THROW_AWAY, '--json', '--no-worker'], { cwd: folder, env });
    const ready = await dev.firstJson<ReadyDev>();
    expect(ready).toMatchObject({ apiKey: env.MAYFLY_API_KEY, worker: null });
    await expect(createClient(ready).workers()).resolves.toEqual([]);
    dev.kill('SIGTERM');
    await dev.end;
  });

  test('limits that were set hold', async () => {
    const dev = await startDev(['--no-worker', '--ttl-max', '1m', '--max-body', '2k']);
    await expect(dev.client.submit({ type: 'sleep', ttlMs: 60_001 })).rejects.toMatchObject({
      code: 'request.invalid',
    });
    const description = 'x'.repeat(400);
    const params = { ms: 1, more: 'x'.repeat(4096) };
    await expect(
      dev.client.submit({ type: 'sleep', ttlMs: 1, description, params }),
    ).rejects.toMatchObject({ code: 'request.too_large' });
    await dev.stop();
  });

  test('handlers of the user run, and private addresses only when they are allowed', async () => {
    const page = createServer((_, response) => void response.end('here')).listen(0, '127.0.0.1');
    await once(page, 'listening');
    const url = `http://127.0.0.1:${(page.address() as AddressInfo).port}/`;
    for (const allowed of [true, false]) {
      const dev = await startDev([
        '--handlers',
        HANDLERS,
        '--types',
        'test.greet,http.request',
        ...(allowed ? ['--allow-private-addresses'] : []),
      ]);
      const { client } = dev;
      const greeting = await client.submit({
        type: 'test.greet',
        params: { name: 'you' },
        ttlMs: 5000,
      });
      const request = await client.submit({ type: 'http.request', params: { url }, ttlMs: 5000 });
      await expect(client.wait(greeting.id)).resolves.toMatchObject({
        result: { greeting: 'hello you' },
      });
      const done = await client.wait(request.id);
      if (allowed) expect(done.result).toMatchObject({ status: 200, body: 'here' });
      else expect(done.error).toMatchObject({ code: 'http.refused_address' });
      await dev.stop();
    }
    page.close();
  });
});

describe('end', () => {
  test('SIGTERM lets a running task end, and leaves nothing running', async () => {
    const data = ['--database', 'embedded', '--data', join(folder, 'data'), ...NO_CODE];
    const dev = await startDev(data);
    const { client } = dev;
    const { id } = await client.submit({ type: 'sleep', params: { ms: 1500 }, ttlMs: 60_000 });
    await untilRunning(dev.client, id);
    const family = descendantsOf(dev.pid);
    dev.process.kill('SIGTERM');
    await dev.process.shows(
      /Stopping: 1 running task has 30\.0s to end\. Do it again to stop at once\./,
    );
    expect(await dev.stop()).toMatchObject({ code: 0 });
    expect(survivorsOf(family)).toEqual([]);

    const next = await startDev([...data, '--no-worker']);
    await expect(next.client.get(id)).resolves.toMatchObject({ status: 'completed', attempt: 1 });
    await next.stop();
  });

  test('a task that takes longer than the drain is stopped and will run again', async () => {
    const data = ['--database', 'embedded', '--data', join(folder, 'data'), ...NO_CODE];
    const dev = await startDev([...data, '--drain', '100ms']);
    const { id } = await dev.client.submit(LONG);
    await untilRunning(dev.client, id);
    expect(await dev.stop()).toMatchObject({ code: 0 });

    const next = await startDev([...data, '--no-worker']);
    await expect(next.client.get(id)).resolves.toMatchObject({ status: 'pending' });
    await next.stop();
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('a second %s ends at once', async (signal) => {
    const dev = await startDev(['--handlers', HANDLERS, '--types', 'test.spin,sleep']);
    const { client } = dev;
    const sleeping = await client.submit(LONG);
    const spinning = await client.submit({ type: 'test.spin', params: {}, ttlMs: 900_000 });
    await untilRunning(client, sleeping.id);
    await expect
      .poll(() => client.output(spinning.id).then(({ log }) => log), POLL)
      .toMatch(/^process \d+\n$/);
    const family = descendantsOf(dev.pid);
    expect(family.length).toBeGreaterThan(1);
    dev.process.kill(signal);
    await dev.process.shows(/Stopping: 2 running tasks have/);
    // Both signals of one Ctrl-C come within this time.
    await new Promise((resolve) => setTimeout(resolve, 150));
    dev.process.kill(signal);
    const end = await dev.process.end;
    expect(end.code).toBe(1);
    expect(end.stderr).toMatch(/Stopped at once\.\n$/);
    await expect.poll(() => survivorsOf(family), { timeout: 10_000 }).toEqual([]);
    expect(existsSync(join(dev.folder, '.mayfly', 'connection.json'))).toBe(false);
    await dev.stop();
  });

  test('one Ctrl-C that comes twice is one', async () => {
    const dev = await startDev(NO_CODE);
    const { id } = await dev.client.submit({ type: 'sleep', params: { ms: 1000 }, ttlMs: 60_000 });
    await untilRunning(dev.client, id);
    dev.process.kill('SIGINT');
    dev.process.kill('SIGINT');
    expect(await dev.process.end).toMatchObject({ code: 0 });
    await dev.stop();
  });

  test('a signal before it is ready ends it at once', async () => {
    const dev = startCli(['dev', '--port', '0', ...NO_CODE], { cwd: folder });
    await expect.poll(() => descendantsOf(dev.pid).length, { timeout: 30_000 }).toBeGreaterThan(0);
    const family = descendantsOf(dev.pid);
    dev.kill('SIGTERM');
    expect(await dev.end).toMatchObject({
      code: 1,
      stderr: 'mayfly: Stopped before it was ready.\n',
    });
    await expect.poll(() => survivorsOf(family), { timeout: 10_000 }).toEqual([]);
  });

  test('it says so when PostgreSQL has gone', async () => {
    const dev = await startDev(NO_CODE);
    const postgres = descendantsOf(dev.pid).find(({ name }) => name === 'postgres');
    process.kill(postgres?.pid ?? 0, 'SIGKILL');
    const end = await dev.process.end;
    expect(end.code).toBe(1);
    expect(end.stderr).toMatch(/^mayfly: PostgreSQL has ended \(.*\)\. It cannot go on\.$/m);
    await dev.stop();
  });
});

async function untilRunning(client: MayflyClient, id: string): Promise<void> {
  await expect.poll(() => client.status(id), POLL).toMatchObject({ status: 'running' });
}
