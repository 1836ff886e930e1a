import type { PlanExcess } from './plan-excess.js';
import type { PostureFinding, PostureReason, PostureRemedy } from './posture.js';

/** One thing that deserves attention about a key that works, and the call that mends it. */
export interface PostureItem {
  readonly keyId: string;
  readonly ownerId: string;
  readonly keyspace: string;
  readonly name: string;
  readonly reason: PostureReason;
  /** Since when it is so. */
  readonly since: Date;
  /** When the key, or its old secret, ends; `null`: never, or not known yet. */
  readonly endsAt: Date | null;
  /** The scopes of the catalogue that the key has and that no request has needed; empty for other reasons. */
  readonly unusedScopes: readonly string[];
  /** The beginning of the day (UTC) on which an old secret was last used; `null` for other reasons. */
  readonly oldSecretUsedOn: Date | null;
  /** What the key has beyond the plan of its owner, by the members of the plan; `null` for other reasons. */
  readonly beyondPlan: PlanExcess | null;
  readonly remedy: {
    /** The command of `apiKeys.keys`, and its input. */
    readonly command: 'update' | 'rotate' | 'revoke';
    readonly input: Readonly<Record<string, unknown>> & { readonly id: string };
    /** The same over HTTP: below the path of the admin router. */
    readonly method: 'PATCH' | 'POST';
    readonly path: string;
    readonly body: Readonly<Record<string, unknown>>;
  };
}

/** Shows a finding. */
export function toPostureItem(finding: PostureFinding): PostureItem {
  const { record, reason, since, endsAt, unusedScopes, oldSecretUsedOn, beyondPlan, remedy } = finding;
  const { id, ownerId, keyspace, name } = record;
  return {
    keyId: id,
    ownerId,
    keyspace,
    name,
    reason,
    since: new Date(since),
    endsAt: endsAt === null ? null : new Date(endsAt),
    unusedScopes,
    oldSecretUsedOn: oldSecretUsedOn === null ? null : new Date(oldSecretUsedOn),
    beyondPlan,
    remedy: showRemedy(id, remedy),
  };
}

function showRemedy(ownId: string, remedy: PostureRemedy): PostureItem['remedy'] {
  const id = (remedy.operation === 'update' ? remedy.keyId : undefined) ?? ownId;
  const body = composeBody(remedy);
  const { operation: command } = remedy;
  const path = command === 'update' ? `/keys/${id}` : `/keys/${id}/${command}`;
  return { command, input: { id, ...body }, method: command === 'update' ? 'PATCH' : 'POST', path, body };
}

function composeBody(remedy: PostureRemedy): Readonly<Record<string, unknown>> {
  if (remedy.operation !== 'update') return remedy.operation === 'revoke' ? { reason: remedy.reason } : {};
  const { expiresAt, ...changes } = remedy.changes;
  if (expiresAt === undefined) return changes;
  return { ...changes, expiresAt: expiresAt === null ? null : new Date(expiresAt) };
}
