import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createClient } from '@mayfly/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startCli, type RunningCli } from './support/cli.ts';
import { makeFolder } from './support/dev.ts';

let folder: string;

beforeAll(() => {
  folder = makeFolder();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function serve(): RunningCli {
  return startCli(['serve', '--port', '0'], { cwd: folder });
}

test('the first start prints an admin key, the second does not, and it goes on working', async () => {
  const first = serve();
  const [, apiKey = ''] = await first.shows(/API key +(\S+)$/m);
  await first.shows(/This is the only time that the API key is shown/);
  await first.shows(/Worker +none in this process/);
  // An admin's key is not left lying around.
  expect(existsSync(join(folder, '.mayfly', 'connection.json'))).toBe(false);
  first.kill('SIGTERM');
  expect(await first.end).toMatchObject({ code: 0 });

  const second = serve();
  const [, url = ''] = await second.shows(/API +(http:\S+)$/m);
  await expect(createClient({ url, apiKey }).apiKeys.list()).resolves.toHaveLength(1);
  second.kill('SIGTERM');
  const end = await second.end;
  expect(end).toMatchObject({ code: 0 });
  expect(end.stdout).not.toContain('API key');
});

test('no key gets into the log', async () => {
  const args = ['serve', '--database', 'memory:', '--port', '0', '--log-level', 'debug', '--json'];
  const env = { MAYFLY_API_KEY: 'the-secret-of-the-test' };
  const server = startCli(args, { cwd: folder, env });
  const { url } = await server.firstJson<{ url: string }>();
  const client = createClient({ url, apiKey: env.MAYFLY_API_KEY });
  await client.list();
  await createClient({ url, apiKey: 'another-secret' })
    .list()
    .catch(() => undefined);
  server.kill('SIGTERM');
  const { stdout, stderr } = await server.end;
  expect(stderr.split('\n').some((line) => line.startsWith('{"level":30'))).toBe(true);
  expect(`${stdout}${stderr}`).not.toMatch(/secret/);
});
