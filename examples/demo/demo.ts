import { createClient, type MayflyClient, type Task } from '@mayfly/client';
import { LiveTable } from './live-table.ts';
import { printResults } from './print-results.ts';
import { startServer } from './server.ts';
import { demoTasks, type DemoTask } from './tasks.ts';

// `make demo`: a server with a worker on a throw-away database, about a dozen and a half real tasks
// of every built-in kind, live; then what they produced. Ends with 0 when each task ended as it was
// meant to, and leaves nothing running.

const LOOK_EVERY_MS = 100;

console.log('Starting Mayfly on a throw-away database …');
const server = await startServer();
let failed = false;
try {
  failed = !(await runDemo(createClient({ url: server.url, apiKey: server.apiKey }), server.url));
} finally {
  await server.stop();
}
process.exitCode = failed ? 1 : 0;

async function runDemo(mayfly: MayflyClient, url: string): Promise<boolean> {
  const runnable = await leaveOutMissing(mayfly, demoTasks(`${url}/healthz`));
  const startedAt = performance.now();
  const submitted = await mayfly.submitBatch(runnable.map(({ submission }) => submission));
  const plan = new Map(submitted.map((task, index) => [task.id, runnable[index] as DemoTask]));
  console.log(`Submitted ${submitted.length} tasks.\n`);
  const tasks = await watch(mayfly, submitted, plan);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log('\nWhat they produced:\n');
  const surprises = printResults(tasks, plan);
  const counts = Object.entries(Object.groupBy(tasks, (task) => task.status));
  const summary = counts.map(([status, some]) => `${some?.length} ${status}`).join(', ');
  console.log(`\n${tasks.length} tasks in ${seconds} s: ${summary}.`);
  for (const surprise of surprises) console.log(`Not as it should be: ${surprise}`);
  return surprises.length === 0;
}

/** A language that this machine lacks is left out, and said so. */
async function leaveOutMissing(mayfly: MayflyClient, tasks: DemoTask[]): Promise<DemoTask[]> {
  const offered = new Set((await mayfly.runtimes()).map((runtime) => runtime.name));
  return tasks.filter(({ submission }) => {
    const { runtime } = submission.params as { runtime?: string };
    if (runtime === undefined || offered.has(runtime)) return true;
    console.log(
      `Left out "${submission.description}": ${runtime} does not work here; see npx mayfly doctor.`,
    );
    return false;
  });
}

async function watch(
  mayfly: MayflyClient,
  submitted: Task[],
  plan: Map<string, DemoTask>,
): Promise<Task[]> {
  const table = new LiveTable();
  const toCancel = new Set([...plan].filter(([, task]) => task.cancel).map(([id]) => id));
  for (;;) {
    const tasks = await Promise.all(submitted.map((task) => mayfly.get(task.id)));
    table.show(tasks);
    const running = tasks.filter((task) => task.status === 'running' && toCancel.has(task.id));
    // Once the others are under way, so that the table shows it running for a while.
    if (running.length > 0 && tasks.filter((task) => task.finishedAt !== null).length >= 6) {
      for (const { id } of running) await mayfly.cancel(id);
      for (const { id } of running) toCancel.delete(id);
    }
    if (tasks.every((task) => task.finishedAt !== null)) return tasks;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
