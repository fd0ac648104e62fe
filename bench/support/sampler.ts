import type { Series } from './series.ts';

const EVERY_MS = 1000;

/** Reads values again and again until it is stopped. */
export class Sampler {
  readonly #series: Series[];
  readonly #timer: NodeJS.Timeout;

  constructor(unit: string, readers: Map<string, () => number>) {
    this.#series = [...readers.keys()].map((name) => ({ name, unit, points: [] }));
    const from = performance.now();
    const read = (): void => {
      const seconds = Math.round((performance.now() - from) / 100) / 10;
      for (const { name, points } of this.#series)
        points.push([seconds, readers.get(name)?.() ?? Number.NaN]);
    };
    read();
    this.#timer = setInterval(read, EVERY_MS);
  }

  stop(): Series[] {
    clearInterval(this.#timer);
    return this.#series;
  }
}
