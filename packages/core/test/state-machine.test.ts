import { isFinal, TASK_STATUSES } from '@mayfly/contracts';
import { assertMove, canMove } from '@mayfly/core';
import { describe, expect, it } from 'vitest';

describe('the task state machine', () => {
  it('leaves a final status only by a manual retry', () => {
    for (const from of TASK_STATUSES.filter(isFinal)) {
      expect(TASK_STATUSES.filter((to) => canMove(from, to))).toEqual(['scheduled', 'pending']);
    }
  });

  it('starts a task only from pending', () => {
    expect(TASK_STATUSES.filter((from) => canMove(from, 'running'))).toEqual(['pending']);
  });

  it('reaches every status from a new task', () => {
    const seen = new Set(['pending', 'scheduled']);
    for (let size = 0; size !== seen.size;) {
      size = seen.size;
      for (const from of TASK_STATUSES.filter((status) => seen.has(status))) {
        for (const to of TASK_STATUSES) if (canMove(from, to)) seen.add(to);
      }
    }
    expect([...seen].sort()).toEqual([...TASK_STATUSES].sort());
  });

  it('stops at a move that is not in its chart', () => {
    expect(() => assertMove('completed', 'running')).toThrow('cannot go from completed to running');
  });
});
