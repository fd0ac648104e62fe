import { describeVerdict, judge } from './judge.ts';
import { measureRatios } from './measure.ts';
import { readRecorded, writeRecorded } from './recorded.ts';

// `npm run bench:guard` compares with what is recorded; with `--record` it is recorded anew, on a
// quiet machine.
const RECORD_ROUNDS = 7;
const ROUNDS = 3;

if (process.argv.includes('--record')) {
  const ratios = await measureRatios(RECORD_ROUNDS);
  writeRecorded(ratios);
  console.log(ratios);
} else {
  const verdicts = judge(await measureRatios(ROUNDS), readRecorded());
  for (const verdict of verdicts) console.log(describeVerdict(verdict));
  if (verdicts.some(({ kind }) => kind === 'too slow')) process.exitCode = 1;
}
