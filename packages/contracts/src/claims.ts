/** What an API key may do. `admin` implies every other claim. */
export const CLAIMS = ['tasks:read', 'tasks:read:all', 'tasks:write', 'worker', 'admin'] as const;

export type Claim = (typeof CLAIMS)[number];

/** True when `held` holds one of `wanted`, or `admin`. */
export function hasClaim(held: readonly Claim[], ...wanted: Claim[]): boolean {
  return held.includes('admin') || wanted.some((claim) => held.includes(claim));
}
