import { existsSync } from 'node:fs';
import { describe } from 'vitest';
import { createBubblewrapSandbox } from '../src/index.ts';
import { describeSupervision } from './bubblewrap/supervision.ts';
import { describeSandbox } from './conformance.ts';
import { say } from './support/lab.ts';
import { listLeftovers, TEST_UID_BASE, TEST_UID_COUNT } from './support/leftovers.ts';

const options = { uidBase: TEST_UID_BASE, uidCount: TEST_UID_COUNT };

if (existsSync('/usr/bin/bwrap') || process.env['CI']) {
  const underTest = { open: () => createBubblewrapSandbox(options), listLeftovers };
  describeSandbox('bubblewrap', underTest);
  describeSupervision(options);
} else {
  say('SKIPPED: bubblewrap is not installed: sudo apt-get install -y bubblewrap');
  describe.skip('bubblewrap');
}
