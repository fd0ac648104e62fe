import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { listWorkspaces, type Workspace } from './workspaces.ts';

// Imports go one way: apps → adapters → core → contracts. This table is the only place where that
// is written down; what a package may depend on is what stands here.
const LAYERS: Record<string, string[]> = {
  '@mayfly/contracts': [],
  '@mayfly/core': ['@mayfly/contracts'],
  '@mayfly/postgres': ['@mayfly/contracts', '@mayfly/core'],
  '@mayfly/sandbox': ['@mayfly/contracts'],
  '@mayfly/client': ['@mayfly/contracts'],
  '@mayfly/worker': ['@mayfly/client', '@mayfly/contracts', '@mayfly/sandbox'],
  '@mayfly/testkit': ['@mayfly/contracts', '@mayfly/core', '@mayfly/postgres'],
  '@mayfly/server': ['@mayfly/contracts', '@mayfly/core', '@mayfly/postgres', '@mayfly/worker'],
  mayfly: [
    '@mayfly/client',
    '@mayfly/contracts',
    '@mayfly/postgres',
    '@mayfly/sandbox',
    '@mayfly/server',
    '@mayfly/worker',
  ],
  '@mayfly/examples': ['@mayfly/client', '@mayfly/worker'],
};

describe('the layers', () => {
  const workspaces = listWorkspaces();
  const ours = new Set(workspaces.map((workspace) => workspace.name));

  it('are known for every package', () => {
    expect(Object.keys(LAYERS).toSorted()).toEqual([...ours].toSorted());
  });

  it.each(workspaces)('hold for $name', ({ name, dependencies }: Workspace) => {
    const allowed = LAYERS[name] ?? [];
    const used = Object.keys(dependencies).filter((dependency) => ours.has(dependency));
    expect(used.filter((dependency) => !allowed.includes(dependency))).toEqual([]);
  });

  it.each(workspaces)(
    'are what $name really imports',
    ({ name, dependencies, sources }: Workspace) => {
      const imported = sources.flatMap((file) =>
        [...readFileSync(file, 'utf8').matchAll(/from '(@mayfly\/[a-z]+|mayfly)[/']/g)].map(
          (match) => match[1] as string,
        ),
      );
      const undeclared = [...new Set(imported)].filter(
        (dependency) => dependency !== name && !(dependency in dependencies),
      );
      expect(undeclared).toEqual([]);
    },
  );

  it.each(workspaces)('keep test code out of $name', ({ name, dependencies }: Workspace) => {
    if (name !== '@mayfly/testkit') expect(dependencies).not.toHaveProperty('@mayfly/testkit');
  });

  it.each(workspaces)(
    'keep $name free of what stands on the packages',
    ({ sources }: Workspace) => {
      const reaching = sources.filter((file) =>
        /from '[./]+\/(bench|faults|tools)\//.test(readFileSync(file, 'utf8')),
      );
      expect(reaching).toEqual([]);
    },
  );

  it('have exact versions everywhere', () => {
    for (const { name, dependencies, devDependencies } of workspaces) {
      for (const [dependency, version] of Object.entries({ ...dependencies, ...devDependencies })) {
        expect(version, `${name} → ${dependency}`).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
      }
    }
  });
});
