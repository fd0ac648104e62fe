import type { ContenderName } from '../contenders/contender.ts';
import type { Load, Measured } from '../loads/load.ts';
import type { Result } from '../report/report.ts';
import type { Sizes } from '../sizes.ts';

interface Options {
  sizes: Sizes;
  /** Contenders that cannot run here are left out. */
  canRun: (contender: ContenderName) => boolean;
  runOnce: (load: Load, contender: ContenderName) => Promise<Measured>;
  say: (line: string) => void;
}

interface Outcome {
  results: Result[];
  failures: string[];
}

/**
 * Runs each load for each of its contenders, round by round: A B A B, so that what changes on the
 * machine meanwhile meets all of them alike. A run that fails is told, and the others go on.
 */
export async function runLoads(loads: readonly Load[], options: Options): Promise<Outcome> {
  const { sizes, canRun, runOnce, say } = options;
  const results: Result[] = [];
  const failures: string[] = [];
  for (const load of loads) {
    const contenders = load.contenders.filter(canRun);
    const runs = new Map<ContenderName, Measured[]>(contenders.map((name) => [name, []]));
    const rounds = load.once ? 1 : sizes.rounds;
    for (let round = 1; round <= rounds; round++) {
      for (const contender of contenders) {
        const from = performance.now();
        try {
          runs.get(contender)?.push(await runOnce(load, contender));
        } catch (error) {
          failures.push(`${load.name} for ${contender}: ${(error as Error).message}`);
          say(`*** FAILED: ${(error as Error).message} ***`);
        }
        const seconds = ((performance.now() - from) / 1000).toFixed(1);
        say(`${load.name} ${round}/${rounds} ${contender}: ${seconds} s`);
      }
    }
    for (const [contender, measured] of runs) {
      if (measured.length > 0) results.push(toResult(load, contender, measured));
    }
  }
  return { results, failures };
}

function toResult(load: Load, contender: ContenderName, measured: Measured[]): Result {
  const last = measured.at(-1);
  return {
    load: load.name,
    contender,
    rounds: measured.map(({ figures }) => figures),
    usage: last?.usage ?? [],
    series: last?.series ?? [],
  };
}
