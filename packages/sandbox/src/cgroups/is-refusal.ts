import { isErrno } from '../errno.ts';

/** True when the kernel says that this user may not, or that the group is not of that kind. */
export function isRefusal(error: unknown): boolean {
  return isErrno(
    error,
    'EACCES',
    'EBUSY',
    'EINVAL',
    'ENOENT',
    'EOPNOTSUPP',
    'EPERM',
    'EROFS',
    'ESRCH',
  );
}
