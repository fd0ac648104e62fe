import {
  BUILT_IN_TYPES,
  generateLoginParamsSchema,
  systemClock,
  type JsonObject,
  type JsonValue,
} from '@mayfly/contracts';
import { createBuiltInOperations, type JobEnd, type Operation } from '@mayfly/worker';
import { ManualClock } from '@mayfly/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPrivateAddress } from '../src/operations/address-guard.ts';
import { generateLogin, generateNumber } from '../src/operations/generate.ts';

function operation(name: string, clock = systemClock): Operation {
  const found = createBuiltInOperations({ clock, allowPrivateAddresses: false }).find(
    (candidate) => candidate.taskType.name === name,
  );
  if (!found) throw new Error(`there is no ${name}`);
  return found;
}

function run(name: string, params: JsonValue): Promise<JobEnd> {
  const job = { taskId: crypto.randomUUID(), attempt: 1, params };
  return operation(name).isolation.start(job, {
    output: () => undefined,
    progress: () => undefined,
  }).ended;
}

describe('the built-in types', () => {
  it('are all declared with a schema that knows its fields', () => {
    for (const type of BUILT_IN_TYPES) {
      expect((type.paramsSchema as JsonObject)['additionalProperties'], type.name).toBe(false);
      expect(type.description).not.toBe('');
    }
  });
});

describe('generate.login', () => {
  it('has the length and the characters that were asked for', () => {
    const alphabet = fc.string({ unit: 'grapheme', minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 256 }), alphabet, (length, characters) => {
        const { login } = generateLogin({ length, alphabet: characters });
        const made = Array.from(login);
        expect(made).toHaveLength(length);
        for (const character of made) expect(Array.from(characters)).toContain(character);
      }),
    );
  });

  it('makes 10 latin letters and digits by default, another one each time', async () => {
    const defaults = generateLoginParamsSchema.parse({});
    const made = Array.from({ length: 50 }, () => generateLogin(defaults).login);
    for (const login of made) expect(login).toMatch(/^[0-9a-zA-Z]{10}$/);
    expect(new Set(made).size).toBe(50);
    expect(await run('generate.login', {})).toMatchObject({
      kind: 'returned',
      result: { login: expect.stringMatching(/^\w{10}$/) },
    });
  });
});

describe('generate.number', () => {
  it('has exactly so many digits', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 15 }), (digits) => {
        expect(String(generateNumber({ digits }).number)).toHaveLength(digits);
      }),
    );
    expect(String(generateNumber({}).number)).toHaveLength(8);
  });

  it('stays within its bounds and reaches both', () => {
    fc.assert(
      fc.property(fc.integer(), fc.nat(10_000), (min, width) => {
        const { number } = generateNumber({ min, max: min + width });
        expect(number).toBeGreaterThanOrEqual(min);
        expect(number).toBeLessThanOrEqual(min + width);
      }),
    );
    const seen = new Set(
      Array.from({ length: 200 }, () => generateNumber({ min: -1, max: 1 }).number),
    );
    expect([...seen].sort((a, b) => a - b)).toEqual([-1, 0, 1]);
  });

  it.each([
    { min: 2, max: 1 },
    { min: 1 },
    { digits: 3, min: 1, max: 2 },
    { min: -(2 ** 52), max: 2 ** 52 },
  ])('refuses %j', async (params) => {
    expect(await run('generate.number', params)).toMatchObject({
      kind: 'threw',
      code: 'task.invalid_params',
    });
  });
});

describe('sleep', () => {
  it('reports progress on its way, and ends early when it is told to', async () => {
    const clock = new ManualClock();
    const percents: number[] = [];
    const events = {
      output: () => undefined,
      progress: (percent: number) => percents.push(percent),
    };
    const job = { taskId: 'x', attempt: 1, params: { ms: 1000 } };
    const { isolation } = operation('sleep', clock);
    const whole = isolation.start(job, events);
    await clock.advance(2000);
    expect(await whole.ended).toEqual({ kind: 'returned', result: { sleptMs: 1000 } });
    expect(percents).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90]);
    const cut = isolation.start(job, events);
    cut.kill('ttl');
    expect(await cut.ended).toEqual({ kind: 'stopped' });
  });
});

describe('isPrivateAddress', () => {
  it.each([
    '127.0.0.1',
    '127.255.1.2',
    '0.0.0.0',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'fd00::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '::ffff:a9fe:a9fe',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    'not an address',
  ])('keeps %s off', (address) => expect(isPrivateAddress(address)).toBe(true));

  it.each(['1.1.1.1', '8.8.8.8', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])(
    'lets %s pass',
    (address) => expect(isPrivateAddress(address)).toBe(false),
  );
});
