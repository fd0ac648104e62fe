import { sleep, systemClock } from './clock.ts';
import { MayflyError } from './errors.ts';

/**
 * Places in the code at which tests make things go wrong, where no fault from outside could hit the
 * moment: each is between a commit and the word of it.
 */
export const FAULT_POINTS = [
  /** A submission is stored, and not yet answered. */
  'task.stored',
  /** Attempts are claimed, and not yet sent to their workers. */
  'attempt.claimed',
  /** The end of an attempt is stored, and the worker does not know yet. */
  'attempt.settled',
  /** Workers are taken for dead, and their attempts not yet handed on. */
  'worker.lost',
] as const;

export type FaultPoint = (typeof FAULT_POINTS)[number];

/** What goes wrong on purpose; undefined in production. */
export interface Faults {
  /** Workers do not fence themselves, and servers do not wait until they have. */
  unfenced: boolean;
  /** The wall clock steps by an hour, ahead and back, all the time. */
  wallSteps: boolean;
  /** Does at this point what was asked for: nothing, a delay, an error, or a crash. */
  at(point: FaultPoint): Promise<void>;
}

interface Action {
  kind: 'crash' | 'delay' | 'error';
  delayMs: number;
  /** Happens each so many times that the point is passed. */
  every: number;
  passed: number;
}

const UNFENCED = 'unfenced';
const WALL_STEPS = 'wall-steps';
const WORDS = new Set([UNFENCED, WALL_STEPS]);

const RULE = /^(?<point>[a-z.]+):(?<kind>crash|error|delay=(?<delayMs>\d+))(@(?<every>[1-9]\d*))?$/;

/**
 * Reads `MAYFLY_FAULTS`: rules with commas between them, such as
 * `attempt.claimed:crash@50,task.stored:delay=800`, and the words `unfenced` and `wall-steps`.
 *
 * @throws MayflyError `server.cannot_start` for anything else
 */
export function parseFaults(text: string | undefined): Faults | undefined {
  if (text === undefined || text === '') return undefined;
  const words = text.split(',');
  const rules = words.filter((word) => !WORDS.has(word)).map(parseRule);
  const actions = new Map(rules);
  return {
    unfenced: words.includes(UNFENCED),
    wallSteps: words.includes(WALL_STEPS),
    async at(point) {
      const action = actions.get(point);
      if (action && ++action.passed % action.every === 0) await act(action, point);
    },
  };
}

function parseRule(rule: string): [FaultPoint, Action] {
  const groups = RULE.exec(rule)?.groups;
  const point = FAULT_POINTS.find((known) => known === groups?.['point']);
  if (!groups || !point) {
    const known = FAULT_POINTS.join(', ');
    const detail = `MAYFLY_FAULTS: ${rule === '' ? '""' : rule} is no rule. Give POINT:crash, POINT:error or POINT:delay=MS, with @N for each Nth time, ${UNFENCED} or ${WALL_STEPS}. Points are ${known}.`;
    throw new MayflyError('server.cannot_start', detail);
  }
  const { kind = '', delayMs = '0', every = '1' } = groups;
  const numbers = { delayMs: Number(delayMs), every: Number(every), passed: 0 };
  return [point, { kind: kind.split('=')[0] as Action['kind'], ...numbers }];
}

async function act({ kind, delayMs }: Action, point: FaultPoint): Promise<void> {
  process.stderr.write(`fault point ${point}: ${kind}\n`);
  switch (kind) {
    case 'crash':
      process.kill(process.pid, 'SIGKILL');
      return;
    case 'delay':
      await sleep(systemClock, delayMs);
      return;
    case 'error':
      throw new MayflyError('store.unavailable', `The fault point ${point} was told to fail.`);
  }
}
