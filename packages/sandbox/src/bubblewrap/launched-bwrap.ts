import type { ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import type { OutputStream } from '../sandbox.ts';
import { Report } from './report.ts';
import { ignoreBrokenPipe, readable, writable } from './stdio-plan.ts';
import { WRAPPER_FDS } from './wrapper.ts';

export interface OutputHandlers {
  onOutput(stream: OutputStream, chunk: Buffer): void;
  onArtifact(chunk: Buffer): void;
}

interface Descriptors {
  /** Of the child. */
  info: number;
  block: number;
  /** Of this process; they are closed when they have been read. */
  stdout: number;
  stderr: number;
  hasArtifact: boolean;
}

/** A started bwrap, which waits at its block until it is released, and then at the gate. */
export class LaunchedBwrap {
  readonly report = new Report();
  /** Pid, as this process sees it, of the init of the new pid namespace; null: bwrap failed. */
  readonly initPid: Promise<number | null>;
  /** True when the wrapper is ready; false when it ended before. */
  readonly ready: Promise<boolean>;
  /** Resolves when bwrap has ended, with a complaint if it could not even be started. */
  readonly exited: Promise<string | null>;
  /** Resolves when everything printed has been read. */
  readonly drained: Promise<void>;
  readonly #child: ChildProcess;
  readonly #blockFd: number;
  readonly #outputs: Socket[];
  #hasExited = false;

  constructor(child: ChildProcess, handlers: OutputHandlers, fds: Descriptors) {
    this.#child = child;
    this.#blockFd = fds.block;
    this.exited = this.#awaitExit();
    this.initPid = this.#readInitPid(fds.info);
    this.ready = this.#readReport();
    this.#outputs = [
      readOutput(fds.stdout, (chunk) => handlers.onOutput('stdout', chunk)),
      readOutput(fds.stderr, (chunk) => handlers.onOutput('stderr', chunk)),
    ];
    const streams = [...this.#outputs, readable(child, WRAPPER_FDS.report)];
    if (fds.hasArtifact) {
      const artifact = readable(child, WRAPPER_FDS.artifact);
      artifact.on('data', (chunk: Buffer) => handlers.onArtifact(chunk));
      streams.push(artifact);
    }
    this.drained = waitForClose(streams);
  }

  get hasExited(): boolean {
    return this.#hasExited;
  }

  /** Lets bwrap go on from its block to the wrapper. */
  release(): void {
    writable(this.#child, this.#blockFd).end('\n');
  }

  /** Lets the wrapper start the program. */
  openGate(): void {
    writable(this.#child, WRAPPER_FDS.gate).end('go\n');
  }

  /** Drops all descriptors. */
  destroy(): void {
    for (const output of this.#outputs) output.destroy();
    for (const stream of this.#child.stdio) stream?.destroy();
  }

  killBwrap(): void {
    this.#child.kill('SIGKILL');
  }

  #awaitExit(): Promise<string | null> {
    return new Promise((resolve) => {
      const finish = (complaint: string | null): void => {
        this.#hasExited = true;
        resolve(complaint);
      };
      this.#child.once('exit', () => finish(null));
      this.#child.on('error', (error) => finish(error.message));
    });
  }

  #readInitPid(infoFd: number): Promise<number | null> {
    const info = readable(this.#child, infoFd).setEncoding('utf8');
    let text = '';
    return new Promise((resolve) => {
      info.on('data', (chunk: string) => {
        text += chunk;
        const pid = /"child-pid":\s*(\d+)/u.exec(text)?.[1];
        if (pid !== undefined && text.includes('}')) resolve(Number(pid));
      });
      info.once('close', () => resolve(null));
    });
  }

  #readReport(): Promise<boolean> {
    const stream = readable(this.#child, WRAPPER_FDS.report).setEncoding('utf8');
    return new Promise((resolve) => {
      stream.on('data', (chunk: string) => {
        this.report.push(chunk);
        if (this.report.isReady()) resolve(true);
      });
      stream.once('close', () => resolve(this.report.isReady()));
    });
  }
}

function readOutput(fd: number, onChunk: (chunk: Buffer) => void): Socket {
  const socket = new Socket({ fd, readable: true, writable: false });
  socket.on('data', onChunk);
  socket.on('error', ignoreBrokenPipe);
  return socket;
}

async function waitForClose(streams: readonly NodeJS.ReadableStream[]): Promise<void> {
  await Promise.all(
    streams.map((stream) => new Promise<void>((resolve) => stream.once('close', resolve))),
  );
}
