import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../src/index.ts';
import { describeGuards } from './conformance/guards.ts';
import { describeLanguages } from './conformance/languages.ts';
import { describeLimits } from './conformance/limits.ts';
import { describeOutput } from './conformance/output.ts';
import { describeStopping } from './conformance/stopping.ts';
import { openLab, say, waitUntilEmpty, watch, type Lab } from './support/lab.ts';

export interface SandboxUnderTest {
  open: () => Promise<Sandbox>;
  /** What runs have left behind, each in words; empty when all is clean. */
  listLeftovers: () => string[];
}

/** What every kind of sandbox has to do; each kind's test calls it with a way to open one. */
export function describeSandbox(name: string, underTest: SandboxUnderTest): void {
  describe(name, () => {
    let lab: Lab | undefined;
    const theLab = (): Lab => {
      if (lab === undefined) throw new Error('The sandbox could not be opened.');
      return lab;
    };
    beforeAll(async () => {
      lab = await openLab(await underTest.open());
      say(`${name}: ${JSON.stringify(lab.sandbox.info)}`);
    });
    afterAll(async () => {
      await lab?.sandbox.close();
      expect(await waitUntilEmpty(underTest.listLeftovers)).toEqual([]);
    });

    describeLanguages(theLab);
    describeOutput(theLab);
    describeLimits(theLab);
    describeStopping(theLab, underTest);
    describeGuards(theLab);

    it('refuses programs once it is closed, and ends those that run', async () => {
      const other = await openLab(await underTest.open(), ['bash']);
      const run = watch(other, { runtime: 'bash', code: 'echo ready; sleep 1000' });
      await run.printed('ready');
      await other.sandbox.close();
      expect((await run.done).result.verdict).toBe('cancelled');
      const late = await other.runner.start({ runtime: 'bash', code: 'true' }).done;
      expect(late).toMatchObject({ result: { verdict: 'sandbox-error' }, failure: /closed/u });
    });
  });
}
