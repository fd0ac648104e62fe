import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** `up` is from the one who connected to the one who listens; `down` is back. */
export type Direction = 'up' | 'down';

/** What the network does to bytes on their way. */
interface Weather {
  /** Directions in which nothing gets through; what was sent waits, as it does for TCP. */
  held: readonly Direction[];
  /** Each chunk comes so much later, in these directions. */
  delayMs: number;
  delayed: readonly Direction[];
  /** Null: as fast as it goes. */
  bytesPerSecond: number | null;
  /** New connections are cut at once. */
  refuses: boolean;
}

export interface TcpProxy {
  host: string;
  port: number;
  /** Cuts every connection that is open now. */
  cut(): void;
  /** Changes the weather; what is left out stays as it is. */
  set(weather: Partial<Weather>): void;
  /** Fair weather again; what was held goes on. */
  heal(): void;
  close(): Promise<void>;
}

interface Address {
  host: string;
  port: number;
}

const FAIR: Weather = {
  held: [],
  delayMs: 0,
  delayed: ['up', 'down'],
  bytesPerSecond: null,
  refuses: false,
};

/** How often held or throttled bytes are looked at again. */
const LOOK_MS = 5;

/**
 * Stands between two programs, as a network does, and fails as networks do.
 *
 * @param target asked for each connection anew, so that it can be another one
 */
export async function startTcpProxy(target: () => Address, at: Address): Promise<TcpProxy> {
  let weather = FAIR;
  const open = new Set<Socket>();
  const server = createServer((near) => {
    if (weather.refuses) {
      near.destroy();
      return;
    }
    const { host, port } = target();
    const far = connect(port, host);
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      open.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        open.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    carry(near, far, { direction: 'up', weather: () => weather });
    carry(far, near, { direction: 'down', weather: () => weather });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port, at.host, resolve);
  });
  const cut = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    host: at.host,
    port: (server.address() as AddressInfo).port,
    cut,
    set(change) {
      weather = { ...weather, ...change };
    },
    heal() {
      weather = FAIR;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        cut();
      }),
  };
}

/** Moves bytes one way, in order, as late as the weather makes them. */
function carry(
  from: Socket,
  to: Socket,
  { direction, weather }: { direction: Direction; weather: () => Weather },
): void {
  const waiting: { data: Buffer; dueAt: number }[] = [];
  let timer: NodeJS.Timeout | undefined;
  let freeAt = 0;
  const look = (): void => {
    timer = undefined;
    const now = performance.now();
    const { held, bytesPerSecond } = weather();
    for (let [next] = waiting; next && !held.includes(direction); [next] = waiting) {
      if (next.dueAt > now || freeAt > now) break;
      waiting.shift();
      if (bytesPerSecond !== null) freeAt = now + (1000 * next.data.length) / bytesPerSecond;
      if (!to.destroyed) to.write(next.data);
    }
    if (waiting.length > 0) timer ??= setTimeout(look, LOOK_MS);
    else if (from.readableEnded) to.end();
  };
  from.on('data', (data: Buffer) => {
    const { delayMs, delayed } = weather();
    const dueAt = performance.now() + (delayed.includes(direction) ? delayMs : 0);
    waiting.push({ data, dueAt });
    if (!timer) look();
  });
  from.on('end', () => {
    if (waiting.length === 0) to.end();
  });
  from.on('close', () => clearTimeout(timer));
}
