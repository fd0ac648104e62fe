import type { Dispatcher } from '@mayfly/core';
import type { TaskSource } from '@mayfly/worker';
import { MayflyError } from '@mayfly/contracts';

/** The `stream` source without a wire: frames are handed over within the process. */
export function createLocalSource(dispatcher: Dispatcher): TaskSource {
  return {
    async open(hello, listener) {
      let over = false;
      const end = (reason: MayflyError | undefined): void => {
        if (over) return;
        over = true;
        dispatcher.detach(session);
        listener.onClosed(reason);
      };
      const session = await dispatcher.attach(hello, {
        send: (frame) => listener.onFrame(frame),
        close: (reason) => end(new MayflyError('server.unreachable', reason)),
      });
      return {
        writable: true,
        send: (frame) => dispatcher.receive(session, frame),
        onWritable: () => undefined,
        close: () => end(undefined),
        abort: () => end(undefined),
      };
    },
  };
}
