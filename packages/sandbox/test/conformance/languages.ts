import { describe, expect, it } from 'vitest';
import { loadManifests, probeRuntimes } from '../../src/index.ts';
import { needRuntime, run, type Lab } from '../support/lab.ts';

interface Hello {
  runtime: string;
  aliases: string[];
  /** Prints its standard input, its arguments and the variable GREETING, separated by bars. */
  code: string;
}

const C_HELLO = `
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv) {
  char line[100];
  if (!fgets(line, sizeof line, stdin)) return 1;
  printf("%s|%s|%s|%s\\n", line, argv[1], argv[2], getenv("GREETING"));
}
`;

const CPP_HELLO = `
#include <cstdlib>
#include <iostream>
#include <string>
int main(int argc, char **argv) {
  std::string line;
  std::getline(std::cin, line);
  std::cout << line << '|' << argv[1] << '|' << argv[2] << '|' << std::getenv("GREETING") << '\\n';
}
`;

const JS_HELLO = `
import { readFileSync } from 'node:fs';
const [first, second] = process.argv.slice(2);
console.log([readFileSync('/dev/stdin', 'utf8'), first, second, process.env.GREETING].join('|'));
`;

const TS_HELLO = `
import { readFileSync } from 'node:fs';
enum Separator { Bar = '|' }
const [first, second]: string[] = process.argv.slice(2);
const line: string = readFileSync(0, 'utf8');
console.log([line, first, second, process.env['GREETING']].join(Separator.Bar));
`;

const PYTHON_HELLO = `
import os, sys
print(sys.stdin.read(), sys.argv[1], sys.argv[2], os.environ["GREETING"], sep="|")
`;

const HELLOS: Hello[] = [
  {
    runtime: 'bash',
    aliases: ['sh'],
    code: 'IFS= read -r line || true; echo "$line|$1|$2|$GREETING"',
  },
  { runtime: 'c-gcc', aliases: ['c', 'gcc', 'c/gcc'], code: C_HELLO },
  { runtime: 'c-clang', aliases: ['clang', 'c/clang'], code: C_HELLO },
  { runtime: 'cpp-gcc', aliases: ['cpp', 'c++', 'g++', 'cpp/g++'], code: CPP_HELLO },
  { runtime: 'cpp-clang', aliases: ['clang++', 'cpp/clang++'], code: CPP_HELLO },
  { runtime: 'javascript', aliases: ['js', 'node'], code: JS_HELLO },
  { runtime: 'python', aliases: ['python3', 'py'], code: PYTHON_HELLO },
  { runtime: 'typescript', aliases: ['ts'], code: TS_HELLO },
];

export function describeLanguages(theLab: () => Lab): void {
  describe('languages', () => {
    for (const { runtime, aliases, code } of HELLOS) {
      it(`${runtime} gets standard input, arguments and environment`, async (context) => {
        needRuntime(theLab(), runtime, context);
        const result = await run(theLab(), {
          runtime: aliases[0] ?? runtime,
          code,
          stdin: 'a line',
          args: ['two words', '$(shell) "quotes" \'and\' *'],
          env: { GREETING: 'grüß dich' },
        });
        expect(result).toMatchObject({
          verdict: 'ok',
          runtime,
          exitCode: 0,
          signal: null,
          stdout: 'a line|two words|$(shell) "quotes" \'and\' *|grüß dich\n',
          stderr: '',
        });
        expect(result.usage.wallMs).toBeGreaterThan(0);
        const info = theLab().runner.runtimes.find((known) => known.name === runtime);
        expect(info).toMatchObject({ aliases, version: /^\d+\.\d+/u });
      });
    }

    it('a Python program imports its other files', async (context) => {
      needRuntime(theLab(), 'python', context);
      const result = await run(theLab(), {
        runtime: 'python',
        files: [
          {
            path: 'start.py',
            content: 'from shapes.circle import area\nprint(area(2))',
            encoding: 'utf8',
          },
          { path: 'shapes/circle.py', content: 'def area(r): return 3 * r * r', encoding: 'utf8' },
        ],
      });
      expect(result).toMatchObject({ verdict: 'ok', stdout: '12\n' });
    });

    it('a C program has headers, several sources and data files', async (context) => {
      needRuntime(theLab(), 'c-gcc', context);
      const main = `
        #include <stdio.h>
        #include "lib/twice.h"
        int main(void) {
          FILE *data = fopen("data.txt", "r");
          int n;
          return fscanf(data, "%d", &n) == 1 && printf("%d\\n", twice(n)) > 0 ? 0 : 1;
        }`;
      const result = await run(theLab(), {
        runtime: 'c',
        files: [
          { path: '-o.c', content: main, encoding: 'utf8' },
          { path: 'lib/twice.h', content: 'int twice(int n);', encoding: 'utf8' },
          {
            path: 'lib/twice.c',
            content: '#include "twice.h"\nint twice(int n) { return 2 * n; }',
            encoding: 'utf8',
          },
          { path: 'data.txt', content: Buffer.from('21').toString('base64'), encoding: 'base64' },
        ],
      });
      expect(result).toMatchObject({ verdict: 'ok', stdout: '42\n' });
    });

    it('a compiled program is taken from the cache the second time', async (context) => {
      needRuntime(theLab(), 'c-gcc', context);
      const params = { runtime: 'c', code: '#warning mind the gap\nint main(void) { return 0; }' };
      const first = await run(theLab(), params);
      const second = await run(theLab(), params);
      expect(first.compile?.usage.wallMs).toBeGreaterThan(0);
      expect(second).toMatchObject({ verdict: 'ok', compile: { usage: { wallMs: 0, cpuMs: 0 } } });
      expect(second.compile?.stderr).toContain('mind the gap');
    });

    it('tells a compile error with what the compiler says', async (context) => {
      needRuntime(theLab(), 'cpp-gcc', context);
      const result = await run(theLab(), {
        runtime: 'cpp',
        code: 'int main() { return nothing; }',
      });
      expect(result).toMatchObject({ verdict: 'compile-error', exitCode: null, stdout: '' });
      expect(result.compile?.exitCode).toBe(1);
      expect(result.compile?.stderr).toContain('main.cpp:1:21: error:');
    });

    it('says of a language that does not work why, and what to do', async () => {
      const bash = loadManifests().find(({ name }) => name === 'bash');
      if (bash === undefined) throw new Error('There is no manifest for bash.');
      const absent = { ...bash, name: 'absent', binaries: ['/nowhere/bash'] };
      const broken = { ...bash, name: 'broken', probe: 'echo "no such thing" >&2; exit 3' };
      const { sandbox } = theLab();
      const found = await probeRuntimes({ sandbox, manifests: [absent, broken, bash] });
      expect(found.working.map(({ manifest }) => manifest.name)).toEqual(['bash']);
      expect(found.missing).toEqual([
        { name: 'absent', reason: 'It is not installed at /nowhere/bash.', remedy: bash.remedy },
        {
          name: 'broken',
          reason: expect.stringMatching(/does not work: nonzero-exit no such thing$/u),
          remedy: bash.remedy,
        },
      ]);
    });

    it('refuses an unknown runtime with the list of those there are', () => {
      const start = () => theLab().runner.start({ runtime: 'cobol', code: '' });
      expect(start).toThrow(/no runtime cobol; there are: bash, /u);
    });
  });
}
