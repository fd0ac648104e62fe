import { defineConfig } from 'vitest/config';

const fromSource = { conditions: ['@mayfly/source'] };

export default defineConfig({
  resolve: fromSource,
  ssr: { resolve: fromSource },
  test: {
    passWithNoTests: true,
    // Most of them wait for processes and disks: one more than the cores that Vitest would take.
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: { name: 'house', include: ['tools/**/*.test.ts'] },
      },
      {
        extends: true,
        test: {
          name: 'packages',
          include: ['packages/*/test/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: ['apps/*/test/**/*.test.ts', 'examples/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          // A whole cluster each: after all others, and one at a time.
          name: 'faults',
          include: ['faults/**/*.test.ts'],
          sequence: { groupOrder: 1 },
          maxWorkers: 1,
          testTimeout: 300_000,
          hookTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          // They measure: after all others, and one at a time.
          name: 'bench',
          include: ['bench/**/*.test.ts'],
          sequence: { groupOrder: 2 },
          maxWorkers: 1,
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
