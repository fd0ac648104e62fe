import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { ERRORS, FAULT_POINTS } from '@mayfly/contracts';
import { describe, expect, it } from 'vitest';
import { listFiles, listWorkspaces, read, ROOT } from './workspaces.ts';

// House rules that no linter knows.
describe('the house', () => {
  const markdown = listFiles('**/*.md');
  const code = listFiles('**/*.{ts,js,sql,sh}');

  it('documents every error code, and no other', () => {
    const documented = [...read('docs/reference/errors.md').matchAll(/^\| `([a-z_.]+)` \|/gm)].map(
      (match) => match[1],
    );
    expect(new Set(documented)).toEqual(new Set(Object.keys(ERRORS)));
  });

  it('shows each requirement by a test that exists', () => {
    const rows = [
      ...read('docs/reference/requirements.md').matchAll(
        /^\| ([A-Z]{3}-\d+[^|]*) \|[^|]+\| `([^`]+)` ›([^|]*)\|$/gm,
      ),
    ];
    expect(rows.length).toBeGreaterThan(50);
    for (const [, ids, file, title] of rows) {
      expect(read(file as string).includes((title as string).trim()), `${ids} in ${file}`).toBe(
        true,
      );
    }
  });

  it('shows each guarantee by a test that exists', () => {
    const rows = [
      ...read('docs/reference/guarantees.md').matchAll(/^\|[^|]+\| `([^`]+\.ts)` › ([^|]*)\|$/gm),
    ];
    expect(rows.length).toBeGreaterThan(20);
    for (const [row, file, title] of rows) {
      expect(read(file as string).includes((title as string).trim()), row).toBe(true);
    }
  });

  it('documents every fault point, and no other', () => {
    const [, table = ''] = read('docs/reference/guarantees.md').split('## Fault points');
    const documented = [...table.matchAll(/^\| `([a-z]+\.[a-z]+)` \|/gm)].map((match) => match[1]);
    expect(documented).toEqual([...FAULT_POINTS]);
    const source = listFiles('packages/core/src/**/*.ts').map(read).join('\n');
    for (const point of FAULT_POINTS) expect(source.includes(`at('${point}')`), point).toBe(true);
  });

  it.each(markdown)('%s names only files that exist', (file) => {
    const missing = [...read(file).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
      .map((match) => match[1] as string)
      .filter((target) => !existsSync(join(ROOT, dirname(file), target)));
    expect(missing).toEqual([]);
    const paths = [
      ...read(file).matchAll(
        /`((?:packages|apps|docs|examples|scripts|tools|proto|bench)\/[\w./-]+)`/g,
      ),
    ]
      .map((match) => (match[1] as string).replace(/\/$/, ''))
      .filter((path) => !existsSync(join(ROOT, path)));
    expect(paths).toEqual([]);
  });

  it('has one first-level heading in each document', () => {
    for (const file of markdown) {
      const text = read(file).replaceAll(/```[\s\S]*?```/g, '');
      expect(text.match(/^# /gm)?.length, file).toBe(1);
    }
  });

  it('leaves nothing for later', () => {
    const marks = new RegExp(`\\b(${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')})\\b`);
    for (const file of [...code, ...markdown]) {
      expect(marks.test(read(file)), file).toBe(false);
    }
  });

  it('names no registry host and no path of a machine', () => {
    const hosts = /registry\.(npmjs|yarnpkg)|\/work\/main(?!\.)/;
    for (const file of [
      ...code,
      ...markdown,
      'package.json',
      'package-lock.json',
      'Makefile',
      '.npmrc',
    ]) {
      if (file === relative(ROOT, import.meta.filename)) continue;
      expect(hosts.test(read(file)), file).toBe(false);
    }
  });

  it('has statements in SQL files, each in use', () => {
    const postgres = listWorkspaces().find(({ name }) => name === '@mayfly/postgres');
    const source = (postgres?.sources ?? []).map((file) => readFileSync(file, 'utf8')).join('\n');
    for (const file of listFiles('packages/postgres/sql/queries/*.sql')) {
      const name = file.split('/').at(-1)?.replace('.sql', '');
      expect(source.includes(`'${name}'`), file).toBe(true);
    }
  });

  it('has generated code that is what the generator makes', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mayfly-generated-'));
    try {
      const bin = join(ROOT, 'node_modules/.bin');
      const template = readFileSync(join(ROOT, 'proto/buf.gen.yaml'), 'utf8').replace(
        /out: .*/,
        'out: .',
      );
      execFileSync(
        join(bin, 'buf'),
        ['generate', '--template', yamlToJson(template), '-o', folder],
        {
          cwd: join(ROOT, 'proto'),
          env: { ...process.env, PATH: `${bin}:${process.env['PATH']}` },
        },
      );
      const made = (root: string) =>
        readdirSync(root, { recursive: true })
          .map(String)
          .filter((file) => file.endsWith('.ts'));
      const committed = join(ROOT, 'packages/contracts/src/generated');
      expect(made(folder).toSorted()).toEqual(made(committed).toSorted());
      for (const file of made(folder)) {
        expect(readFileSync(join(folder, file), 'utf8'), file).toBe(
          readFileSync(join(committed, file), 'utf8'),
        );
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** The template is so plain that these lines can read it; buf takes only JSON as an argument. */
function yamlToJson(yaml: string): string {
  const options = [...yaml.matchAll(/^ {6}- (.+)$/gm)].map((match) => match[1]);
  const local = /local: (\S+)/.exec(yaml)?.[1];
  return JSON.stringify({ version: 'v2', plugins: [{ local, out: '.', opt: options }] });
}
