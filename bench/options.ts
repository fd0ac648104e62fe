import { parseArgs } from 'node:util';
import { SIZES, type Sizes } from './sizes.ts';

/** What the command line asks for. */
export interface Options {
  /** Names of loads; none: all of the size. */
  loads: string[];
  sizes: Sizes;
  json: boolean;
  /** Where the report is to go. */
  out: string;
  /** Also make the charts and tables of the documentation. */
  writeDocs: boolean;
  help: boolean;
}

export const HELP = `Measures Mayfly beside other task systems on this machine.

  npm run bench -- [LOAD...] [--quick | --full] [--json] [--out DIR] [--write-docs]

  --quick       short loads, one round; QUICK=1 is the same
  --full        all sizes, five rounds; takes an hour; FULL=1 is the same
  --rounds N    rounds of the loads that compare
  --json        print the report as JSON
  --out DIR     folder for report.json and charts (default: bench/results)
  --write-docs  put the figures and charts into docs/reference/performance.md

Loads: `;

/** @throws for flags that are not known, with a sentence that names them */
export function parseOptions(words: string[], environment: NodeJS.ProcessEnv): Options {
  const { values, positionals } = parseArgs({
    args: words,
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: environment['QUICK'] === '1' },
      full: { type: 'boolean', default: environment['FULL'] === '1' },
      rounds: { type: 'string' },
      json: { type: 'boolean', default: false },
      out: { type: 'string', default: 'bench/results' },
      'write-docs': { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.quick && values.full) throw new Error('Give either --quick or --full.');
  const sizes = SIZES[values.quick ? 'quick' : values.full ? 'full' : 'normal'];
  return {
    loads: positionals,
    sizes: values.rounds === undefined ? sizes : { ...sizes, rounds: parseRounds(values.rounds) },
    json: values.json,
    out: values.out,
    writeDocs: values['write-docs'],
    help: values.help,
  };
}

function parseRounds(text: string): number {
  const rounds = Number(text);
  if (Number.isInteger(rounds) && rounds > 0 && rounds <= 100) return rounds;
  throw new Error(`--rounds ${text} is not valid. Give a whole number from 1 to 100.`);
}
