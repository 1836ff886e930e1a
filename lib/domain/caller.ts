import type { ActorRole, KeyOperation } from './actor-role.js';
import type { AuditActor } from './audit-entry.js';
import type { OwnerCredits } from './plan-credits.js';
import type { RateLimit } from './rate-limit.js';

/** The plan of an owner, as the owner sees it. */
export interface CallerPlan {
  /** `null`: the default plan. */
  readonly name: string | null;
  /** Maximum number of keys that are not revoked; `null`: unlimited. */
  readonly maxKeys: number | null;
  /** How many keys there are that count towards `maxKeys`; `null` without a maximum. */
  readonly keyCount: number | null;
  /** How long after its creation a key ends at the latest, in days; `null`: no maximum. */
  readonly maxLifetimeDays: number | null;
  /** Windows that all keys of the owner share. */
  readonly rateLimits: readonly RateLimit[];
  /** What is left of the credits that all keys of the owner share; `null`: requests cost none. */
  readonly credits: OwnerCredits | null;
}

/** Who an actor is to the management side, and what it may do there. */
export interface Caller extends AuditActor {
  /** The owner whose keys the caller sees; `null`: all keys. */
  readonly ownerId: string | null;
  /** `null` for a caller without a role, which may do everything that its kind may. */
  readonly role: ActorRole | null;
  /** What the caller may do with keys; each change is checked again. */
  readonly may: readonly KeyOperation[];
  /** Which environments keys can belong to. */
  readonly environments: readonly string[];
  /** The environment of keys that are created without one, and whose keys are accepted here. */
  readonly environment: string;
  /** Since when all keys of the owner are refused; `null` when they are not, and for admins. */
  readonly suspendedAt: Date | null;
  /** `null` for admins, who have none. */
  readonly plan: CallerPlan | null;
  /** The names of the plans that owners can have; `null` for those who do not give plans. */
  readonly plans: readonly string[] | null;
}
