import { MayflyError } from '@mayfly/contracts';

/** When the database is away, no item is to blame, and trying them one by one only adds load. */
export function mayIsolate(error: unknown): boolean {
  return !(error instanceof MayflyError && error.code === 'store.unavailable');
}
