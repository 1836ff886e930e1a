import type { Actor } from 'express-api-keys';
import type { User } from './users.js';

/**
 * Who acts when a user manages keys. What members may do follows from their role; what any owner may give to keys is bounded by
 * its plan (plans.ts), and could be bounded for single members with `grants`.
 */
export function actorOf({ name, ownerId, role }: User): Actor {
  if (ownerId === null) return { kind: 'admin', id: name };
  // Who owns keys alone acts as the owner; of an organization, the audit log says which member it was.
  const member = ownerId === name ? {} : { memberId: name, memberName: name };
  return { kind: 'owner', ownerId, ...member, role };
}
