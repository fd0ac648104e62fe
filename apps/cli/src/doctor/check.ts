/** One thing that was looked at. */
export interface Check {
  name: string;
  /** `broken`: nothing works without it. `missing`: a part of Mayfly is not there, or weakened. */
  state: 'ok' | 'missing' | 'broken';
  detail: string;
  /** What to do, with the exact command where there is one. */
  remedy: string | null;
}

/** A check that went well. */
export function ok(name: string, detail: string): Check {
  return { name, state: 'ok', detail, remedy: null };
}
