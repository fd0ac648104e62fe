import { lchown, readFile, stat } from 'node:fs/promises';
import { userInfo } from 'node:os';

import { messageOf, OWN_SERVER, systemCode, unavailable } from './unavailable.ts';

/** An unprivileged account that PostgreSQL runs as, because it refuses to run as root. */
export interface Account {
  name: string;
  uid: number;
  gid: number;
}

/** In order of preference; the last one exists nearly everywhere. */
const CANDIDATES = ['mayfly', 'postgres', 'nobody'];

/**
 * Chooses the account when this process is root; null for an ordinary user, who runs the server
 * himself. A cluster that exists keeps its owner, so that root and that user can take turns.
 */
export async function chooseAccount(cluster: string): Promise<Account | null> {
  if (process.geteuid?.() !== 0) return null;
  if (process.platform !== 'linux') {
    throw unavailable(`PostgreSQL refuses root: run as an ordinary user, or ${OWN_SERVER}.`);
  }
  const known = parsePasswd(await readFile('/etc/passwd', 'utf8'));
  const owner = await ownerOf(cluster);
  if (owner !== null && owner.uid !== 0) {
    return known.find(({ uid }) => uid === owner.uid) ?? { name: `user ${owner.uid}`, ...owner };
  }
  for (const candidate of CANDIDATES) {
    const account = known.find(({ name, uid }) => name === candidate && uid !== 0);
    if (account !== undefined) return account;
  }
  throw unavailable(
    'PostgreSQL refuses root, and there is no account to run it: create one (useradd -r mayfly), ' +
      `or ${OWN_SERVER}.`,
  );
}

/**
 * The name that the server learns for this process from the socket. Throws when there is none:
 * neither initdb nor the login by name can do without.
 */
export function ownName(): string {
  try {
    return userInfo().username;
  } catch (error) {
    throw unavailable(
      `The user id ${process.geteuid?.()} has no entry in /etc/passwd, which PostgreSQL needs: ` +
        `add one, or ${OWN_SERVER}.`,
      error,
    );
  }
}

/** Makes `path` the account's. Throws `store.unavailable` when this root may not do that. */
export async function giveTo(account: Account, path: string): Promise<void> {
  try {
    await lchown(path, account.uid, account.gid);
  } catch (error) {
    throw cannotBecome(account, messageOf(error));
  }
}

/** For a root in name only: inside a user namespace, or without its capabilities. */
export function cannotBecome(account: Account, reason: string): Error {
  return unavailable(
    `This root may not act as the account ${account.name} that PostgreSQL needs (${reason}): run ` +
      `as an ordinary user, or ${OWN_SERVER}.`,
  );
}

function parsePasswd(text: string): Account[] {
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    if (name === undefined || uid === undefined || gid === undefined) return [];
    return [{ name, uid: Number(uid), gid: Number(gid) }];
  });
}

async function ownerOf(path: string): Promise<{ uid: number; gid: number } | null> {
  try {
    const { uid, gid } = await stat(path);
    return { uid, gid };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}
