#!/usr/bin/env node
// Plain JavaScript that any Node can read: it finds a Node that is new enough for the rest.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(import.meta.url);
const main = new URL('../dist/main.js', import.meta.url);
const [major, minor] = process.versions.node.split('.').map(Number);

if (!existsSync(main)) {
  fail('Mayfly is not built yet: run `npm run build` in its folder.');
} else if (major > 22 || (major === 22 && minor >= 18)) {
  dieWithLauncher();
  await import(main.href);
} else {
  const node = findPinnedNode(dirname(here));
  if (node) launch(node);
  else fail(`Mayfly needs Node.js 22.18 or newer, and this is ${process.version}: install it.`);
}

function fail(sentence) {
  process.stderr.write(`mayfly: ${sentence}\n`);
  process.exitCode = 1;
}

/** The Node that the package `node` brings, in the nearest node_modules. */
function findPinnedNode(folder) {
  const node = join(folder, 'node_modules', 'node', 'bin', 'node');
  if (existsSync(node)) return node;
  return dirname(folder) === folder ? undefined : findPinnedNode(dirname(folder));
}

/** Runs the same command on another Node, which hears our signals and ends when we do. */
function launch(node) {
  const child = spawn(node, [here, ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    // oxlint-disable-next-line no-restricted-properties -- handed on as it is
    env: { ...process.env, MAYFLY_LAUNCHED: '1' },
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(`${node} cannot be started (${error.message}).`));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

/** Even kill -9 of the launcher leaves nothing running. */
function dieWithLauncher() {
  /* oxlint-disable no-restricted-properties -- handlers must not inherit the mark */
  const launched = process.env.MAYFLY_LAUNCHED;
  delete process.env.MAYFLY_LAUNCHED;
  /* oxlint-enable no-restricted-properties */
  if (launched === undefined || !process.channel) return;
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
  process.channel.unref();
}
