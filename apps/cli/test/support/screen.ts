import { Writable } from 'node:stream';
import { Terminal, type Target } from '../../src/output/terminal.ts';

export interface Screen {
  terminal: Terminal;
  /** What stdout got. */
  text(): string;
}

/** A terminal of this width; without one, a pipe. */
export function makeScreen(columns?: number): Screen {
  let text = '';
  const open = (): Target =>
    Object.assign(
      new Writable({
        write(chunk: Buffer, _encoding, done) {
          text += chunk.toString();
          done();
        },
      }),
      columns === undefined ? {} : { isTTY: true, columns },
    );
  return { terminal: new Terminal(open(), open()), text: () => text };
}
