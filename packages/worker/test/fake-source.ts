import { MayflyError } from '@mayfly/contracts';
import {
  serverFrame,
  type Assignment,
  type Hello,
  type OutputChunk,
  type Report,
  type ServerFrame,
  type WorkerFrame,
} from '@mayfly/contracts/worker-protocol';
import type { SourceListener, TaskSource } from '@mayfly/worker';

/** The server's end of a source, in the hands of a test. */
export class FakeSource implements TaskSource {
  readonly hellos: Hello[] = [];
  readonly reports: Report[] = [];
  readonly output: OutputChunk[] = [];
  readonly returned: { taskId: string; attempt: number }[] = [];
  readonly heartbeats: number[] = [];
  stuck = 0;
  credits = 0;
  /** Of the last frame. */
  sentAtMs: number | undefined;
  draining = false;
  moreWaiting = false;
  /** What the next `open` answers with instead of a session. */
  refusal: MayflyError | undefined;
  /** Until this resolves, nobody answers a hello. */
  slowness: Promise<void> | undefined;
  #listener: SourceListener | undefined;
  #slow: { listener: SourceListener | undefined; frames: (() => void)[] } | undefined;
  #news: (() => void)[] = [];

  async open(hello: Hello, listener: SourceListener): ReturnType<TaskSource['open']> {
    this.hellos.push(hello);
    this.#tell();
    await this.slowness;
    if (this.refusal) throw this.refusal;
    this.#listener = listener;
    this.credits = 0;
    this.send({ welcome: { leaseMs: 5000, heartbeatMs: 1000, disowned: [] } });
    const close = (): void => {
      if (this.#listener === listener) this.#listener = undefined;
      queueMicrotask(() => listener.onClosed(undefined));
    };
    return {
      writable: true,
      onWritable: () => undefined,
      send: (frame) => this.#take(frame),
      close,
      abort: close,
    };
  }

  get incarnation(): string {
    return (JSON.parse(this.hellos.at(-1)?.registrationJson ?? '{}') as { incarnation: string })
      .incarnation;
  }

  send(parts: Partial<ServerFrame>): void {
    const listener = this.#listener;
    const arrive = (): void => listener?.onFrame(serverFrame(parts));
    if (this.#slow && this.#slow.listener === listener) this.#slow.frames.push(arrive);
    else queueMicrotask(arrive);
  }

  /** What is sent over this session from now on arrives only when the answer is called. */
  delay(): () => void {
    const slow = { listener: this.#listener, frames: [] as (() => void)[] };
    this.#slow = slow;
    return () => {
      for (const arrive of slow.frames) arrive();
    };
  }

  assign(type: string, parts: Partial<Assignment> = {}): Assignment {
    const assignment = {
      taskId: crypto.randomUUID(),
      attempt: 1,
      type,
      paramsJson: '{}',
      ttlMs: 60_000,
      graceMs: 0,
      ...parts,
    };
    this.send({ assignments: [assignment], moreWaiting: this.moreWaiting });
    return assignment;
  }

  cut(): void {
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.onClosed(new MayflyError('server.unreachable', 'cut'));
  }

  /** Resolves when the condition holds; looked at after each thing that comes in. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#news.push(resolve));
  }

  #take(frame: WorkerFrame): void {
    this.credits += frame.credits;
    this.sentAtMs = frame.sentAtMs;
    this.reports.push(...frame.reports);
    this.output.push(...frame.output);
    this.returned.push(...frame.returned);
    if (frame.heartbeat !== undefined) {
      this.heartbeats.push(frame.heartbeat);
      this.stuck = frame.stuck;
    }
    if (frame.draining) this.draining = true;
    this.#tell();
  }

  #tell(): void {
    for (const resolve of this.#news.splice(0)) resolve();
  }
}
