import type { Terminal } from '../output/terminal.ts';
import { VERSION } from '../version.ts';
import type { OperationSet } from '@mayfly/worker';

/** What is told of a worker that has joined its server. */
export interface ReadyWorker {
  name: string;
  concurrency: number;
  set: Pick<OperationSet, 'operations' | 'runtimes' | 'sandbox' | 'sandboxFailure'>;
}

/** A server that takes tasks. */
export interface ReadyServer {
  url: string;
  grpcPort: number;
  /** Where the data is, for people. */
  place: string;
  /** Null: the person has it already. */
  apiKey: string | null;
  /** The one in the same process. */
  worker: ReadyWorker | null;
}

type Fact = [title: string, text: string];

const TITLE_CHARS = 9;

/** Says that a server is ready, with all that is needed to use it. */
export function announceServer(terminal: Terminal, server: ReadyServer, json: boolean): void {
  const { url, grpcPort, place, apiKey, worker } = server;
  const docsUrl = `${url}/api/docs`;
  if (json) {
    const workerDocument = worker && toDocument(worker);
    const { pid } = process;
    terminal.printJsonLine({ url, docsUrl, grpcPort, pid, place, apiKey, worker: workerDocument });
    return;
  }
  printBanner(terminal, [
    ['API', url],
    ['Docs', docsUrl],
    ['gRPC', `port ${grpcPort}, where \`mayfly worker --server ${url}\` joins`],
    ['Data', place],
    ...(worker ? factsOf(worker) : [['Worker', 'none in this process'] satisfies Fact]),
    ...(apiKey === null ? [] : [['API key', apiKey] satisfies Fact]),
  ]);
}

/** Says that a worker has joined. */
export function announceWorker(
  terminal: Terminal,
  worker: ReadyWorker & { url: string },
  json: boolean,
): void {
  if (json) terminal.printJsonLine({ url: worker.url, pid: process.pid, ...toDocument(worker) });
  else printBanner(terminal, [['Server', worker.url], ...factsOf(worker)]);
}

/** Lines to paste, for a first task. */
export function printFirstSteps(
  terminal: Terminal,
  { url, apiKey, isFoundHere }: { url: string; apiKey: string; isFoundHere: boolean },
): void {
  const task = '{"type":"generate.login","params":{"length":12},"ttlMs":5000}';
  const headers = `-H 'X-ApiKey: ${apiKey}' -H 'Content-Type: application/json'`;
  const address = isFoundHere ? '' : `MAYFLY_SERVER=${url} MAYFLY_API_KEY=${apiKey} `;
  terminal.print(`  Try it:

    curl -s ${url}/api/tasks ${headers} -d '${task}'

    echo 'print(6 * 7)' | ${address}npx mayfly run - --runtime python --ttl 5s
`);
}

function printBanner(terminal: Terminal, facts: readonly Fact[]): void {
  terminal.print(`\n  ${terminal.style('bold', `Mayfly ${VERSION}`)} is ready\n`);
  for (const [title, text] of facts) {
    terminal.print(`  ${terminal.style('dim', title.padEnd(TITLE_CHARS))} ${text}`);
  }
  terminal.print('');
}

function factsOf({ name, concurrency, set }: ReadyWorker): Fact[] {
  const { runtimes, sandbox, sandboxFailure } = set;
  const facts: Fact[] = [
    ['Worker', `${name}, ${concurrency} tasks at a time`],
    ['Types', typesOf(set).join(', ')],
  ];
  if (sandboxFailure !== null) facts.push(['Sandbox', `none, so no code runs: ${sandboxFailure}`]);
  if (sandbox === null) return facts;
  const guards = `${sandbox.kind}, cgroups ${sandbox.cgroups}`;
  const weak = sandbox.weakened.length;
  const languages = runtimes.map(({ name, version }) => `${name} ${version}`).join(', ');
  return [
    ...facts,
    ['Sandbox', weak === 0 ? guards : `${guards}; ${weak} weakened, \`mayfly doctor\` tells how`],
    ['Runtimes', languages || 'none, `mayfly doctor` tells why'],
  ];
}

function toDocument({ name, concurrency, set }: ReadyWorker): object {
  const { runtimes, sandbox, sandboxFailure } = set;
  return { name, concurrency, types: typesOf(set), runtimes, sandbox, sandboxFailure };
}

function typesOf({ operations }: ReadyWorker['set']): string[] {
  return operations.map(({ taskType }) => taskType.name).sort();
}
