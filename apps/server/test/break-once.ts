import { MayflyError } from '@mayfly/contracts';
import type { ServerFrame, WorkerFrame } from '@mayfly/contracts/worker-protocol';
import type { TaskSource } from '@mayfly/worker';

/** The first frame for which this holds is the one at which the connection breaks. */
export interface Break {
  up(frame: WorkerFrame): boolean;
  down(frame: ServerFrame): boolean;
  /** The frame is lost with the connection, is the last one, or vanishes with all that follow. */
  way: 'lost' | 'last' | 'half-open';
}

/** A half-open connection is noticed after so long. */
const UNNOTICED_MS = 1500;

/** A source whose connection breaks once, and is good after that. */
export function breakOnce(
  inner: TaskSource,
  { up = () => false, down = () => false, way }: Partial<Break> & Pick<Break, 'way'>,
): { source: TaskSource; done: Promise<void> } {
  let broken = false;
  const done = Promise.withResolvers<void>();
  const source: TaskSource = {
    async open(hello, listener) {
      const dead = { up: false, down: false };
      let closed = false;
      const end = (): void => {
        if (closed) return;
        closed = true;
        session.close();
        listener.onClosed(new MayflyError('server.unreachable', 'it broke'));
      };
      /** @returns whether the frame still arrives */
      const arrives = (direction: 'up' | 'down', isTheOne: boolean): boolean => {
        if (dead[direction]) return false;
        if (broken || !isTheOne) return true;
        broken = true;
        done.resolve();
        dead[direction] = true;
        if (way !== 'half-open') dead.up = dead.down = true;
        // In a turn of its own: who sends does not learn of the end before it has sent.
        setTimeout(end, way === 'half-open' ? UNNOTICED_MS : 0);
        return way === 'last';
      };
      const session = await inner.open(hello, {
        onFrame: (frame) => {
          if (arrives('down', down(frame))) listener.onFrame(frame);
        },
        onClosed(reason) {
          if (closed) return;
          closed = true;
          listener.onClosed(reason);
        },
      });
      return {
        writable: true,
        onWritable: () => undefined,
        send: (frame) => {
          if (arrives('up', up(frame))) session.send(frame);
        },
        close: () => session.close(),
        abort: () => session.abort(),
      };
    },
  };
  return { source, done: done.promise };
}

/** Makes the worker give back once what has `"foreign"` in its params: the type is unknown to it. */
export function mistype(inner: TaskSource): TaskSource {
  return {
    open: (hello, listener) =>
      inner.open(hello, {
        ...listener,
        onFrame: (frame) => {
          const assignments = frame.assignments.map((assignment) =>
            assignment.attempt === 1 && assignment.paramsJson.includes('"foreign"')
              ? { ...assignment, type: 'nowhere' }
              : assignment,
          );
          listener.onFrame({ ...frame, assignments });
        },
      }),
  };
}
