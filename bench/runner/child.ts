import { LOADS } from '../loads/all.ts';
import type { Ground, Measured } from '../loads/load.ts';

/** What the bench sends to this process, and what it gets back. */
export interface Assignment {
  load: string;
  ground: Ground;
}

export type Answer = { measured: Measured } | { failure: string };

// One run of one load for one contender. The process ends with it: the next contender finds
// nothing of its memory and its compiled code. When the bench is gone, so is this process.
process.once('disconnect', () => process.exit(1));
process.once('message', (assignment: Assignment) => {
  void run(assignment).then((answer) => process.send?.(answer, () => process.exit(0)));
});

async function run({ load: name, ground }: Assignment): Promise<Answer> {
  const load = LOADS.find((candidate) => candidate.name === name);
  if (!load) return { failure: `there is no load ${name}` };
  try {
    return { measured: await load.measure(ground) };
  } catch (error) {
    return { failure: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
