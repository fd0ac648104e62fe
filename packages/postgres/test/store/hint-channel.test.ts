import { ManualClock } from '@mayfly/testkit';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HintChannel } from '../../src/store/hint-channel.ts';

it('gathers hints for a moment, and each key arrives once in payloads that PostgreSQL takes', async () => {
  const key = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.uuid());
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(key), { maxLength: 100 }), async (calls) => {
      const clock = new ManualClock();
      const heard: string[] = [];
      const channel = new HintChannel<string>(clock, (payload) => {
        expect(Buffer.byteLength(payload)).toBeLessThan(8000);
        channel.receive(payload);
      });
      channel.onAnnounced((keys) => heard.push(...keys));
      for (const keys of calls) channel.announce(keys);
      expect(heard).toEqual([]);
      await clock.advance(10);
      expect(heard).toEqual([...new Set(calls.flat())]);
    }),
  );
});
