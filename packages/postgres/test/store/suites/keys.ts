import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Fixture } from '../fixture.ts';

type Open = () => Promise<Fixture>;

export function keySuite(open: Open): void {
  const row = (key: string, name: string) => ({
    id: crypto.randomUUID(),
    name,
    prefix: key.slice(0, 3),
    hash: createHash('sha256').update(key).digest(),
    claims: ['tasks:read' as const],
    expiresAt: new Date('2030-01-01T00:00:00Z'),
  });

  it('finds a key by its hash alone', async () => {
    await using fixture = await open();
    const { keys } = fixture.store;
    const first = row('abc-secret', 'first');
    const view = await keys.addKey(first);
    expect(view).toMatchObject({
      name: 'first',
      prefix: 'abc',
      expiresAt: '2030-01-01T00:00:00.000Z',
    });
    expect(await keys.findKey(first.hash)).toEqual(view);
    expect(await keys.findKey(row('other', 'x').hash)).toBeNull();
    expect(await keys.listKeys()).toEqual([view]);
    expect(await keys.removeKey(view.id)).toBe(true);
    expect(await keys.removeKey(view.id)).toBe(false);
    expect(await keys.findKey(first.hash)).toBeNull();
  });

  it('keeps the id of a key that is put again', async () => {
    await using fixture = await open();
    const { keys } = fixture.store;
    const before = await keys.putKey(row('same', 'old'));
    const after = await keys.putKey({ ...row('same', 'new'), claims: ['admin'], expiresAt: null });
    expect(after).toEqual({ ...before, name: 'new', claims: ['admin'], expiresAt: null });
  });
}
