import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { systemClock } from '@mayfly/contracts';
import { describe, expect, test } from 'vitest';
import { bashScript } from '../src/completion/bash.ts';
import { fishScript } from '../src/completion/fish.ts';
import { readTree } from '../src/completion/read-tree.ts';
import { zshScript } from '../src/completion/zsh.ts';
import type { CliContext } from '../src/context.ts';
import { createProgram } from '../src/program.ts';
import { makeScreen } from './support/screen.ts';

const context: CliContext = {
  environment: {
    server: undefined,
    apiKey: undefined,
    faults: undefined,
    clock: systemClock,
    webhookSecret: undefined,
    forHandlers: {},
  },
  terminal: makeScreen().terminal,
  loadAllCommands: () => createProgram(context, 'all'),
};
const nodes = readTree(await context.loadAllCommands());

test('every command has a summary, and takes --json', () => {
  for (const { path, commands, options } of nodes) {
    for (const { name, summary } of commands) expect(summary, name).not.toBe('');
    for (const option of options) expect(option.summary, option.flags.join()).not.toBe('');
    const flags = options.flatMap((option) => option.flags);
    if (commands.length === 0) expect(flags, path.join(' ')).toContain('--json');
  }
});

describe.skipIf(!existsSync('/bin/bash'))('bash', () => {
  function complete(...words: string[]): string[] {
    const script = `${bashScript(nodes)}
COMP_WORDS=(mayfly ${words.map((word) => `'${word}'`).join(' ')})
COMP_CWORD=${words.length}
_mayfly
printf '%s\\n' "\${COMPREPLY[@]}"`;
    const answer = execFileSync('/bin/bash', ['-c', script]).toString().trim();
    return answer === '' ? [] : answer.split('\n');
  }

  test.each([
    [['d'], ['dev', 'doctor']],
    [
      ['tasks', ''],
      ['ls', 'show', 'explain', 'watch', 'logs', 'cancel', 'retry', 'rm', '--help'],
    ],
    [
      ['tasks', 'ls', '--q'],
      ['--queue', '--q'],
    ],
    [['dev', '--log-level', 'd'], ['debug']],
    [['dev', '--data', ''], []],
    [['run', 'hello.py', '--limit-m'], ['--limit-memory']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish', '--json', '--help'],
    ],
  ])('%j', (words, answers) => {
    expect(complete(...words)).toEqual(answers);
  });
});

describe.skipIf(!existsSync('/usr/bin/zsh'))('zsh', () => {
  test('takes the script', () => {
    execFileSync('/usr/bin/zsh', ['-n'], { input: zshScript(nodes) });
  });
});

describe.skipIf(!existsSync('/usr/bin/fish'))('fish', () => {
  test('takes the script, and completes', () => {
    execFileSync('/usr/bin/fish', ['--no-execute'], { input: fishScript(nodes) });
    const ask = `${fishScript(nodes)}\ncomplete --do-complete 'mayfly tasks l'`;
    const answer = execFileSync('/usr/bin/fish', ['--no-config'], { input: ask }).toString();
    expect(answer).toMatch(/^ls\tList tasks/m);
  });
});

test('quotes are safe in every script', () => {
  const odd = [
    { path: [], commands: [{ name: 'x', summary: "it's a:b `c` $d" }], values: [], options: [] },
  ];
  expect(zshScript(odd)).toContain(`'x:it'\\''s a:b \`c\` $d'`);
  expect(fishScript(odd)).toContain("-d 'it\\'s a:b `c` $d'");
});
