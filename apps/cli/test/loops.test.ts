import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { requirePart } from '@mayfly/testkit';
import { afterAll, expect, test } from 'vitest';
import { makeFolder, startDev } from './support/dev.ts';
import { listRunGroups } from './support/leftovers.ts';
import { descendantsOf, survivorsOf, type ProcessMark } from './support/processes.ts';
import { probeSandbox } from './support/sandbox.ts';

const TASKS = 200;
const TTL_MS = 500;

/** Each is a way to stay: a busy loop, children that ignore signals, and a fork that leaves. */
const LOOPS = [
  { runtime: 'python', code: 'while True: pass' },
  { runtime: 'bash', code: "trap '' TERM INT HUP; while :; do sleep 1000 & wait; done" },
  { runtime: 'bash', code: 'setsid sleep 1000 & disown; while :; do :; done' },
  { runtime: 'javascript', code: 'for (;;);' },
];

const { failure, names } = await probeSandbox();
const loops = LOOPS.filter(({ runtime }) => names.includes(runtime));
const hasAll = requirePart(
  'a sandbox with Python, JavaScript and bash',
  loops.length === LOOPS.length,
  failure ?? 'Install it: apt-get install -y python3.',
);
const folder = makeFolder();
const temporary = join(folder, 'tmp');
mkdirSync(temporary);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.skipIf(!hasAll)(
  'two hundred programs that loop for ever expire, and leave nothing behind',
  async () => {
    const dev = await startDev(['--types', 'code.run', '--concurrency', '10'], {
      TMPDIR: temporary,
    });
    const before = descendantsOf(dev.pid);
    const helpers = before.filter(({ name }) => name !== 'postgres');
    const filesBefore = readdirSync(temporary);

    const tasks = await dev.client.submitBatch(
      Array.from({ length: TASKS }, (_, index) => ({
        type: 'code.run',
        params: { ...loops[index % loops.length] },
        ttlMs: TTL_MS,
      })),
    );
    const seen = new Map<string, ProcessMark>();
    await expect
      .poll(
        async () => {
          for (const mark of descendantsOf(dev.pid))
            seen.set(`${mark.pid} ${mark.startedAt}`, mark);
          return (await dev.client.stats()).tasks.expired;
        },
        { timeout: 150_000, interval: 50 },
      )
      .toBe(TASKS);
    // There was something to leave behind.
    expect(
      [...seen.values()].filter(({ name }) => /^(python|bash|sleep)/.test(name)).length,
    ).toBeGreaterThan(50);

    for await (const task of dev.client.listAll({ limit: 1000 })) {
      expect(task).toMatchObject({ status: 'expired', attempt: 1 });
    }
    expect(tasks).toHaveLength(TASKS);
    const isHelper = (mark: ProcessMark): boolean => before.some(({ pid }) => pid === mark.pid);
    const strangers = [...seen.values()].filter(
      (mark) => !isHelper(mark) && mark.name !== 'postgres',
    );
    expect(survivorsOf(strangers)).toEqual([]);
    const left = descendantsOf(dev.pid).filter(({ name }) => name !== 'postgres');
    expect(left).toEqual(helpers);
    expect(listRunGroups([...helpers, { pid: dev.pid, startedAt: '', name: '' }])).toEqual([]);
    expect(readdirSync(temporary)).toEqual(filesBefore);

    const family = descendantsOf(dev.pid);
    await dev.stop();
    expect(survivorsOf(family)).toEqual([]);
    expect(readdirSync(temporary)).toEqual([]);
  },
);
