import type { ContenderName } from '../contenders/contender.ts';
import type { Figures } from '../loads/load.ts';
import { spread, type Spread } from '../statistics.ts';
import type { ProcessUsage } from '../support/process-usage.ts';
import type { Series } from '../support/series.ts';

/** All rounds of one load for one contender. */
export interface Result {
  load: string;
  contender: ContenderName;
  rounds: Figures[];
  /** Of the last round. */
  usage: ProcessUsage[];
  series: Series[];
}

/** Where and how it was measured. */
export interface About {
  at: string;
  size: string;
  cores: number;
  cpu: string;
  memoryGib: number;
  /** Load average before the first run: above 0.5 others were at work as well. */
  loadBefore: number;
  versions: Record<string, string>;
  postgresSettings: Record<string, string>;
  contenders: Record<string, string>;
  /** What could not be measured here, and what to do. */
  missing: string[];
  /** Runs that have failed, with the reason. */
  failures: string[];
  seconds: number;
}

export interface Report {
  about: About;
  results: Result[];
}

/** Undefined where it was not measured. */
export function figureOf(
  { results }: Report,
  load: string,
  contender: ContenderName,
  figure: string,
): Spread | undefined {
  const result = results.find((one) => one.load === load && one.contender === contender);
  const values = (result?.rounds ?? []).flatMap((round) => round[figure] ?? []);
  return values.length === 0 ? undefined : spread(values);
}
