import { hasClaim, type Claim } from '@mayfly/contracts';
import type { Scope } from '../ports/control-store.ts';

/** Who calls: a key now, a user later. */
export interface Principal {
  id: string;
  name: string;
  claims: Claim[];
}

/** Tasks that the principal may see: their own, or all. */
export function readScope(principal: Principal): Scope {
  return { owner: hasClaim(principal.claims, 'tasks:read:all') ? null : principal.id };
}

/** Tasks that the principal may change: their own; admins every one. */
export function writeScope(principal: Principal): Scope {
  return { owner: hasClaim(principal.claims, 'admin') ? null : principal.id };
}
