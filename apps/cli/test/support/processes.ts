import { readdirSync, readFileSync } from 'node:fs';

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessMark {
  pid: number;
  startedAt: string;
  name: string;
}

/** Everything that a process has started, and what that has started. */
export function descendantsOf(pid: number): ProcessMark[] {
  const all = readdirSync('/proc').flatMap((entry) => {
    const stat = /^\d+$/.test(entry) ? readStat(Number(entry)) : undefined;
    return stat ? [{ pid: Number(entry), ...stat }] : [];
  });
  const found: ProcessMark[] = [];
  for (let parents = [pid]; parents.length > 0;) {
    const children = all.filter(({ parent }) => parents.includes(parent));
    found.push(...children.map(({ pid, startedAt, name }) => ({ pid, startedAt, name })));
    parents = children.map((child) => child.pid);
  }
  return found;
}

/** Those that live; the dead that nobody has buried yet do not count. */
export function survivorsOf(marks: readonly ProcessMark[]): ProcessMark[] {
  return marks.filter(({ pid, startedAt }) => {
    const now = readStat(pid);
    return now?.startedAt === startedAt && now.state !== 'Z';
  });
}

interface Stat {
  name: string;
  state: string;
  parent: number;
  startedAt: string;
}

function readStat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const end = text.lastIndexOf(')');
    const fields = text.slice(end + 2).split(' ');
    const [state = '', parent = '0'] = fields;
    const startedAt = fields[19] ?? '';
    return {
      name: text.slice(text.indexOf('(') + 1, end),
      state,
      parent: Number(parent),
      startedAt,
    };
  } catch {
    return undefined;
  }
}
