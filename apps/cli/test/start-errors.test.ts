import { execFileSync } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { findDebianPostgres, requirePart, startDebianPostgres } from '@mayfly/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli, type CliEnd } from './support/cli.ts';
import { makeFolder, NO_CODE, startDev, THROW_AWAY } from './support/dev.ts';

// What an operator gets wrong: one clear line on stderr, nothing on stdout, exit code 1.

let folder: string;

beforeAll(() => {
  folder = makeFolder();
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function expectLine(end: CliEnd, line: RegExp): void {
  expect(end.stderr.trimEnd()).toMatch(line);
  expect(end.stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(end.stdout).toBe('');
  expect(end.code).toBe(1);
}

const attempt = (args: string[], env: Record<string, string> = {}): Promise<CliEnd> =>
  cli(args, { cwd: folder, env });

describe('flags', () => {
  test.each([
    [['dev', '--port', '99999'], /^mayfly: --port 99999 is not valid\. Give a whole number from 0/],
    [['dev', '--grpc-port', 'x'], /^mayfly: --grpc-port x is not valid/],
    [['dev', '--database', 'mysql://x'], /^mayfly: --database mysql:\/\/x is not known\. Give a/],
    [
      ['dev', '--ttl-max', '5'],
      /^mayfly: option '--ttl-max <duration>' argument '5' is invalid\. Give a duration/,
    ],
    [
      ['dev', '--retention', '2h'],
      /^mayfly: --retention is not valid\. Give a duration from 1d to 3650d\./,
    ],
    [['dev', '--drain', 'soon'], /^mayfly: .*Give a duration such as 500ms, 5s or 2m\./],
    [['dev', '--concurrency', '0'], /^mayfly: .*Give a whole number above 0\./],
    [
      ['dev', '--log-level', 'loud'],
      /^mayfly: .*Allowed choices are debug, info, warn, error, silent\./,
    ],
    [['dev', '--prt', '1'], /^mayfly: unknown option '--prt' \(Did you mean --port\?\)$/],
    [['dve'], /^mayfly: unknown command 'dve' \(Did you mean dev\?\)$/],
    [['tasks', 'lst'], /^mayfly: unknown command 'lst' \(Did you mean ls\?\)$/],
    [['submit', 'sleep', '--ttl', '5x'], /^mayfly: .*'5x' is invalid\. Give a duration such as/],
    [['submit', 'sleep', '--params', '{'], /^mayfly: .*It is no JSON: /],
    [['submit', 'sleep', '--params', '@nowhere.json'], /^mayfly: .*It cannot be read: ENOENT/],
    [['run', 'x.py', '--limit-memory', 'lots'], /^mayfly: .*Give a size in bytes such as/],
    [['tasks', 'ls', '--status', 'done'], /^mayfly: .*done is none of scheduled, pending/],
    [['tasks', 'ls', '--server', 'nowhere'], /^mayfly: nowhere is no address of a server\./],
    [['tasks', 'cancel'], /^mayfly: Give ids, or flags that choose tasks, or --all\.$/],
  ])('%j', async (args, line) => {
    expectLine(await attempt(args), line);
  });

  test.each([
    [
      'task.stored',
      /^mayfly: MAYFLY_FAULTS: task\.stored is no rule\. Give POINT:crash, POINT:error/,
    ],
    ['task.stored:explode', /is no rule\. .* Points are task\.stored, attempt\.claimed/],
    ['nowhere:crash', /^mayfly: MAYFLY_FAULTS: nowhere:crash is no rule\./],
    ['task.stored:delay=soon', /task\.stored:delay=soon is no rule\./],
    ['task.stored:crash@0', /task\.stored:crash@0 is no rule\./],
    ['unfenced,,wall-steps', /^mayfly: MAYFLY_FAULTS: "" is no rule\./],
  ])('MAYFLY_FAULTS=%s', async (faults, line) => {
    expectLine(await attempt(['serve', ...THROW_AWAY], { MAYFLY_FAULTS: faults }), line);
  });

  test('a key that is too short', async () => {
    expectLine(
      await attempt(['dev'], { MAYFLY_API_KEY: 'short' }),
      /^mayfly: MAYFLY_API_KEY must have at least 8 characters/,
    );
  });

  test('handlers and types that are not there', async () => {
    const dev = ['dev', ...THROW_AWAY];
    writeFileSync(join(folder, 'empty.js'), 'export const nothing = 1;\n');
    expectLine(
      await attempt([...dev, '--handlers', 'nowhere.js']),
      /^mayfly: --handlers nowhere\.js cannot be loaded \(Cannot find module/,
    );
    expectLine(
      await attempt([...dev, '--handlers', 'empty.js']),
      /^mayfly: --handlers empty\.js cannot be loaded \(.* exports no handler/,
    );
    expectLine(
      await attempt([...dev, '--types', 'sleep,slep']),
      /^mayfly: There is no task type slep\. There are code\.run, generate\.login/,
    );
  });
});

describe('places', () => {
  test('a port that is in use, of HTTP and of gRPC', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const port = String((other.address() as AddressInfo).port);
    const dev = ['dev', '--database', 'memory:'];
    expectLine(
      await attempt([...dev, '--port', port, '--grpc-port', '0']),
      new RegExp(
        `^mayfly: Port ${port} on 127\\.0\\.0\\.1 is in use\\. Stop what uses it, or choose`,
      ),
    );
    expectLine(
      await attempt([...dev, '--port', '0', '--grpc-port', port]),
      new RegExp(`^mayfly: gRPC cannot listen on 127\\.0\\.0\\.1:${port} .*--grpc-port\\.$`),
    );
    other.close();
  });

  test('a data folder that cannot be written', async () => {
    writeFileSync(join(folder, 'file'), '');
    for (const data of [join(folder, 'file', 'data'), '/sys/mayfly']) {
      expectLine(
        await attempt(['dev', '--port', '0', '--data', data]),
        /^mayfly: The data folder .* cannot be written \(.*\): choose another with --data\.$/,
      );
      expect(existsSync(data)).toBe(false);
    }
  });

  test('the data folder of a running server', async () => {
    const data = join(folder, 'shared');
    const first = await startDev(['--database', 'embedded', '--data', data, ...NO_CODE]);
    for (const command of ['dev', 'serve']) {
      expectLine(
        await attempt([command, '--port', '0', '--data', data]),
        new RegExp(
          `^mayfly: The data folder .*shared is in use by another Mayfly \\(process ${first.pid}\\)`,
        ),
      );
    }
    await expect(first.client.health()).resolves.toEqual({ status: 'ok' });
    await first.stop();
  });

  test('a database that nobody serves', async () => {
    expectLine(
      await attempt(['dev', '--port', '0', '--database', 'postgres://me:secret@127.0.0.1:1/tasks']),
      /^mayfly: The database at 127\.0\.0\.1:1\/tasks cannot be reached \(.*ECONNREFUSED.*\)\. Start it, or correct/,
    );
  });
});

const debian = findDebianPostgres();
const hasPostgres = requirePart(
  'PostgreSQL from Debian',
  debian !== undefined,
  'Install it: apt-get install -y postgresql.',
);

describe.skipIf(!hasPostgres)('a database of somebody else', () => {
  test('a wrong password, a database that is not there, a newer schema', async () => {
    const server = await startDebianPostgres(debian as string);
    const serve = (url: string): Promise<CliEnd> =>
      attempt(['serve', '--port', '0', '--database', url]);
    const wrong = new URL(server.url);
    wrong.password = 'guessed';
    const end = await serve(wrong.href);
    expectLine(end, /^mayfly: The user or the password is wrong; check both in --database/);
    expect(end.stderr).not.toContain('guessed');

    const missing = new URL(server.url);
    missing.pathname = '/nowhere';
    expectLine(await serve(missing.href), /^mayfly: This database does not exist; make it with/);

    execFileSync(join(debian as string, 'psql'), [
      server.url,
      '--quiet',
      '--command',
      `create schema mayfly;
       create table mayfly.migration (number integer primary key, name text, applied_at timestamptz);
       insert into mayfly.migration values (9999, 'of tomorrow', now());`,
    ]);
    expectLine(
      await serve(server.url),
      /^mayfly: The database has schema 9999, this program knows/,
    );
    await server.stop();
  });
});

describe('clients', () => {
  test('no server', async () => {
    expectLine(
      await attempt(['tasks', 'ls', '--server', 'http://127.0.0.1:1']),
      /^mayfly: No Mayfly server can be reached at http:\/\/127\.0\.0\.1:1 .* Start one with `mayfly dev`/,
    );
  });

  test('a wrong key, no key, and a worker with either', async () => {
    const dev = await startDev(NO_CODE);
    const elsewhere = (args: string[], env = {}): Promise<CliEnd> =>
      attempt([...args, '--server', dev.url], env);
    const wrong =
      /^mayfly: The server does not know this API key\. Check --api-key or MAYFLY_API_KEY/;
    expectLine(await elsewhere(['tasks', 'ls', '--api-key', 'wrong-key']), wrong);
    expectLine(await elsewhere(['worker'], { MAYFLY_API_KEY: 'wrong-key' }), wrong);
    expectLine(await elsewhere(['stats']), /^mayfly: No API key is known here\. Give --api-key/);
    expectLine(await elsewhere(['worker']), /^mayfly: No API key is known here\. Give --api-key/);
    await dev.stop();
  });

  test('with --json the error is a problem document on stderr', async () => {
    const end = await attempt(['tasks', 'ls', '--json', '--server', 'http://127.0.0.1:1']);
    expect(end).toMatchObject({ code: 1, stdout: '' });
    expect(JSON.parse(end.stderr)).toMatchObject({ code: 'server.unreachable', status: 503 });
  });
});
