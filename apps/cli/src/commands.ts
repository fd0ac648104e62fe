import type { LazyCommand } from './lazy-command.ts';

const SERVERS = 'Servers and workers:';
const TASKS = 'Tasks:';
const LOOKING = 'What there is:';
const HELP = 'Help:';

/** Every command, in the order in which the help lists them. */
export const COMMANDS: readonly LazyCommand[] = [
  {
    name: 'dev',
    group: SERVERS,
    summary: 'Start everything in one process: server, database and worker',
    load: async () => (await import('./commands/dev.ts')).defineDev,
  },
  {
    name: 'serve',
    group: SERVERS,
    summary: 'Start a server without a worker',
    load: async () => (await import('./commands/serve.ts')).defineServe,
  },
  {
    name: 'worker',
    group: SERVERS,
    summary: 'Start a worker of a server',
    load: async () => (await import('./commands/worker.ts')).defineWorker,
  },
  {
    name: 'run',
    group: TASKS,
    summary: 'Run a program: streams its output and ends with its exit code',
    load: async () => (await import('./commands/run.ts')).defineRun,
  },
  {
    name: 'submit',
    group: TASKS,
    summary: 'Submit a task of any type',
    load: async () => (await import('./commands/submit.ts')).defineSubmit,
  },
  {
    name: 'tasks',
    group: TASKS,
    summary: 'Look at tasks and act on them',
    load: [
      {
        name: 'ls',
        summary: 'List tasks, newest first',
        load: async () => (await import('./commands/tasks/ls.ts')).defineLs,
      },
      {
        name: 'show',
        summary: 'Show all there is about a task',
        load: async () => (await import('./commands/tasks/show.ts')).defineShow,
      },
      {
        name: 'explain',
        summary: 'Tell why a task waits, what it does, or why it ended',
        load: async () => (await import('./commands/tasks/explain.ts')).defineExplain,
      },
      {
        name: 'watch',
        summary: 'Watch one task, or all, live',
        load: async () => (await import('./commands/tasks/watch.ts')).defineWatch,
      },
      {
        name: 'logs',
        summary: 'Print what a task has printed',
        load: async () => (await import('./commands/tasks/logs.ts')).defineLogs,
      },
      {
        name: 'cancel',
        summary: 'Cancel tasks',
        load: async () => (await import('./commands/tasks/cancel.ts')).defineCancel,
      },
      {
        name: 'retry',
        summary: 'Run finished tasks again',
        load: async () => (await import('./commands/tasks/retry.ts')).defineRetry,
      },
      {
        name: 'rm',
        summary: 'Delete finished tasks',
        load: async () => (await import('./commands/tasks/rm.ts')).defineRm,
      },
    ],
  },
  {
    name: 'schedules',
    group: TASKS,
    summary: 'Have tasks submitted again and again by the clock',
    load: [
      {
        name: 'ls',
        summary: 'List schedules, newest first',
        load: async () => (await import('./commands/schedules/ls.ts')).defineLs,
      },
      {
        name: 'show',
        summary: 'Show all there is about a schedule',
        load: async () => (await import('./commands/schedules/show.ts')).defineShow,
      },
      {
        name: 'create',
        summary: 'Make a schedule',
        load: async () => (await import('./commands/schedules/create.ts')).defineCreate,
      },
      {
        name: 'pause',
        summary: 'Stop firing until it is resumed',
        load: async () => (await import('./commands/schedules/pause.ts')).definePause,
      },
      {
        name: 'resume',
        summary: 'Fire again, from the next slot on',
        load: async () => (await import('./commands/schedules/resume.ts')).defineResume,
      },
      {
        name: 'run',
        summary: 'Submit the task of a schedule now, out of turn',
        load: async () => (await import('./commands/schedules/run.ts')).defineRun,
      },
      {
        name: 'rm',
        summary: 'Delete schedules; their tasks stay',
        load: async () => (await import('./commands/schedules/rm.ts')).defineRm,
      },
    ],
  },
  {
    name: 'types',
    group: LOOKING,
    summary: 'List task types',
    load: async () => (await import('./commands/types.ts')).defineTypes,
  },
  {
    name: 'runtimes',
    group: LOOKING,
    summary: 'List the languages that can run now',
    load: async () => (await import('./commands/runtimes.ts')).defineRuntimes,
  },
  {
    name: 'queues',
    group: LOOKING,
    summary: 'Look at queues, pause and limit them',
    load: [
      {
        name: 'ls',
        summary: 'List queues with their counts and limits',
        load: async () => (await import('./commands/queues/ls.ts')).defineLs,
      },
      {
        name: 'show',
        summary: 'Show all there is about a queue',
        load: async () => (await import('./commands/queues/show.ts')).defineShow,
      },
      {
        name: 'set',
        summary: 'Set limits of a queue, or take them away',
        load: async () => (await import('./commands/queues/set.ts')).defineSet,
      },
      {
        name: 'pause',
        summary: 'Start no more tasks of queues; what runs goes on',
        load: async () => (await import('./commands/queues/pause.ts')).definePause,
      },
      {
        name: 'resume',
        summary: 'Start tasks of paused queues again',
        load: async () => (await import('./commands/queues/resume.ts')).defineResume,
      },
    ],
  },
  {
    name: 'workers',
    group: LOOKING,
    summary: 'List the workers and what they do',
    load: async () => (await import('./commands/workers.ts')).defineWorkers,
  },
  {
    name: 'stats',
    group: LOOKING,
    summary: 'Count tasks and workers',
    load: async () => (await import('./commands/stats.ts')).defineStats,
  },
  {
    name: 'keys',
    group: LOOKING,
    summary: 'Manage API keys',
    load: [
      {
        name: 'ls',
        summary: 'List API keys',
        load: async () => (await import('./commands/keys/ls.ts')).defineLs,
      },
      {
        name: 'create',
        summary: 'Make an API key; it is shown this once',
        load: async () => (await import('./commands/keys/create.ts')).defineCreate,
      },
      {
        name: 'rm',
        summary: 'Delete API keys',
        load: async () => (await import('./commands/keys/rm.ts')).defineRm,
      },
    ],
  },
  {
    name: 'doctor',
    group: HELP,
    summary: 'Tell what works on this machine, and how to mend what does not',
    load: async () => (await import('./commands/doctor.ts')).defineDoctor,
  },
  {
    name: 'bench',
    group: HELP,
    summary: 'Measure Mayfly beside other systems on this machine',
    load: async () => (await import('./commands/bench.ts')).defineBench,
  },
  {
    name: 'completion',
    group: HELP,
    summary: 'Print a completion script for your shell',
    load: async () => (await import('./commands/completion.ts')).defineCompletion,
  },
];
