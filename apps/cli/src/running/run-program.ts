import { randomUUID } from 'node:crypto';
import type { MayflyClient } from '@mayfly/client';
import type { Clock, Submission, Task } from '@mayfly/contracts';
import { exitOfSignal } from '../exit-codes.ts';
import { EXIT_BROKEN_PIPE, type Terminal } from '../output/terminal.ts';
import { StopSignals } from '../serving/stop-signals.ts';
import { cancelProgram, followProgram } from './follow-program.ts';
import { describeEnd } from './program-end.ts';

interface Surroundings {
  client: MayflyClient;
  terminal: Terminal;
  clock: Clock;
  json: boolean;
}

/**
 * Submits a program and stays with it until it has ended. A signal, or a reader that goes away,
 * cancels the task and waits for its end; a second signal leaves at once.
 *
 * @returns the exit code
 */
export async function runProgram(
  submission: Submission,
  { client, terminal, clock, json }: Surroundings,
): Promise<number> {
  const signals = new StopSignals(clock);
  const unwanted = untilUnwanted(signals, terminal);
  const left = signals.second.then(() => null);
  // Not aborted by a signal: a task that may have been stored must be cancelled.
  const submitting = client.submit(submission, { idempotencyKey: randomUUID() });
  const submitted = await Promise.race([submitting, left]);
  if (submitted === null) return unwanted;

  const { id } = submitted;
  const ending = json ? client.wait(id) : followProgram(client, id, terminal);
  const first = await Promise.race([ending, unwanted]);
  if (typeof first !== 'number') return tell(first, terminal, json);

  const stopping = cancelProgram(client, id).then(() => ending);
  const last = await Promise.race([stopping, left]);
  if (last === null) terminal.note(`Left at once; \`mayfly tasks show ${id}\` shows how it ends.`);
  else if (json) terminal.printJson({ ...last, exitCode: first });
  return first;
}

/** Resolves with the exit code when nobody wants the program to go on. */
function untilUnwanted(signals: StopSignals, terminal: Terminal): Promise<number> {
  return new Promise((resolve) => {
    void signals.first.then((signal) => resolve(exitOfSignal(signal)));
    terminal.whenBrokenPipe(() => resolve(EXIT_BROKEN_PIPE));
  });
}

async function tell(task: Task, terminal: Terminal, json: boolean): Promise<number> {
  const { exitCode, diagnostics, note } = describeEnd(task);
  if (json) {
    terminal.printJson({ ...task, exitCode });
    return exitCode;
  }
  if (diagnostics) await terminal.write('stderr', diagnostics);
  if (note !== null) terminal.note(note);
  return exitCode;
}
