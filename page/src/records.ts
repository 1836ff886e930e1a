// What the admin API answers with, as far as the element shows it. The OpenAPI document of the router has all of it.

export type KeyState = 'active' | 'disabled' | 'expired' | 'revoked';

export interface RateLimit {
  readonly name: string;
  readonly limit: number;
  readonly windowSeconds: number;
}

export interface Credits {
  readonly remaining: number;
  readonly refillAmount: number | null;
  readonly refillIntervalSeconds: number | null;
}

export interface Author {
  readonly kind: string;
  /** `null`: the app's own code. */
  readonly id: string | null;
  readonly memberId?: string;
  readonly memberName?: string;
}

export interface ApiKey {
  readonly id: string;
  readonly keyspace: string;
  readonly ownerId: string;
  readonly name: string;
  readonly description: string | null;
  readonly scopes: readonly string[];
  readonly environment: string;
  readonly state: KeyState;
  readonly enabled: boolean;
  readonly expiresAt: string | null;
  readonly ipAllowlist: readonly string[] | null;
  readonly resources: Readonly<Record<string, readonly string[]>> | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly features: readonly string[];
  readonly tags: readonly string[];
  readonly tokenLifetimeSeconds: number | null;
  readonly rateLimits: readonly RateLimit[];
  readonly credits: Credits | null;
  readonly idleAt: string | null;
  readonly hint: string;
  readonly publicKey: object | null;
  readonly previousSecretEndsAt: string | null;
  readonly graceFromFirstUseSeconds: number | null;
  readonly version: number;
  readonly createdAt: string;
  readonly createdBy: Author | null;
  readonly parentId: string | null;
  readonly inactiveAncestor: { readonly id: string; readonly state: string } | null;
  readonly updatedAt: string;
  readonly revokedAt: string | null;
  readonly revocationReason: string | null;
  readonly revocationComment: string | null;
  readonly lastUsedAt: string | null;
  readonly useCount: number;
  readonly lastUsedAddress: string | null;
}

/** The answer to a change; a 202 has `effectiveBy`, and one that made a secret has `key`. */
export interface ChangedKey extends ApiKey {
  readonly effectiveBy?: string;
  readonly key?: string;
}

export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

export interface GrantableName {
  readonly name: string;
  readonly description: string;
  readonly grantable: boolean;
}

export interface GrantableKind {
  readonly name: string;
  readonly description: string;
  readonly ids: readonly string[] | null;
  readonly planIds: readonly string[] | null;
}

export interface Grantable {
  readonly scopes: readonly GrantableName[];
  readonly features: readonly GrantableName[];
  readonly resources: readonly GrantableKind[];
  readonly ceilings: {
    readonly rateLimits: readonly RateLimit[];
    readonly credits: number | null;
    readonly maxLifetimeDays: number | null;
    readonly expiresAt: string | null;
  };
}

export interface Usage {
  readonly items: readonly { readonly start: string; readonly counts: Readonly<Record<string, number>> }[];
  readonly lastUsedAt: string | null;
  readonly lastUsedAddress: string | null;
}

export interface TrailEntry {
  readonly sequence: number;
  readonly at: string;
  readonly action: string;
  /** `null` for a change of an owner. */
  readonly keyId: string | null;
  /** Empty for what belongs to no owner. */
  readonly ownerId: string;
  readonly changedFields: readonly string[];
  readonly actor: Author;
  readonly address: string | null;
}

/** Similar requests that were refused, or that came with a replaced secret. */
export interface AccessEntry {
  readonly id: string;
  readonly lastAt: string;
  readonly count: number;
  readonly action: string;
  readonly code: string | null;
  readonly keyId: string | null;
  readonly ownerId: string | null;
  readonly actor: Author | null;
  readonly address: string | null;
  readonly method: string;
  readonly route: string;
}

/** What a verification of the audit log has found. */
export interface TrailReport {
  readonly valid: boolean;
  readonly entries: number;
  readonly keys: number;
  readonly unsealed: number;
  readonly unknownPeppers: number;
  readonly erased: number;
  readonly trimmed: { readonly sequence: number; readonly at: string } | null;
  readonly problems: readonly {
    readonly kind: string;
    readonly sequence: number | null;
    readonly keyId: string | null;
  }[];
  readonly problemCount: number;
  /** `null`: something is wrong. */
  readonly anchor: string | null;
}

export interface PostureItem {
  readonly keyId: string;
  readonly ownerId: string;
  readonly name: string;
  readonly reason: string;
  readonly since: string;
  readonly endsAt: string | null;
  readonly unusedScopes: readonly string[];
  readonly oldSecretUsedOn: string | null;
  /** What the key has beyond its plan: names, or whether a number is beyond it. */
  readonly beyondPlan: Readonly<Record<string, readonly string[] | boolean>> | null;
  /** The call that mends it, below the path of the router. */
  readonly remedy: {
    readonly command: 'update' | 'rotate' | 'revoke';
    /** The key to change, which is one above where that one ends first. */
    readonly input: { readonly id: string };
    readonly method: string;
    readonly path: string;
    readonly body: Readonly<Record<string, unknown>>;
  };
}

/** Who is signed in, what this person may do, and what the page needs to know about the instance. */
export interface Caller {
  readonly kind: 'owner' | 'admin' | 'key';
  /** `null`: all keys are seen. */
  readonly ownerId: string | null;
  readonly address: string | null;
  /** For the buttons only: the router decides again at each request. */
  readonly may: readonly string[];
  readonly environments: readonly string[];
  readonly environment: string | null;
  readonly credentialHeaders: readonly { readonly name: string; readonly prefix: string }[];
  readonly suspendedAt: string | null;
  readonly plan: {
    readonly name: string | null;
    readonly maxKeys: number | null;
    /** `null` where there is no maximum. */
    readonly keyCount: number | null;
    readonly maxLifetimeDays: number | null;
    readonly rateLimits: readonly RateLimit[];
    readonly credits: OwnerWithCredits['credits'];
  } | null;
  /** Of keys without one of their own; `null`: there are no access tokens. */
  readonly tokenLifetimeSeconds: number | null;
  /** The plans that an admin can give; `null`: this person gives none. */
  readonly plans: readonly string[] | null;
}

/** The state of the process that answers. */
export interface InstanceStatus {
  readonly state: 'not_ready' | 'normal' | 'degraded';
  readonly database: 'up' | 'down';
  readonly redis: 'up' | 'down' | 'none';
  readonly limits: 'shared' | 'split' | 'process' | 'refused';
  readonly wakeMode: 'push' | 'poll' | 'none';
  readonly processes: number;
  /** `null` while it starts over. */
  readonly lagMs: number | null;
  readonly others: readonly {
    readonly id: string;
    readonly silentMs: number;
    readonly changesBehind: number;
  }[];
  readonly cachedKeys: number;
}

/** What is recorded about an owner. */
export interface Owner {
  readonly ownerId: string;
  /** `null`: the default plan. */
  readonly plan: string | null;
  readonly overrides: Readonly<Record<string, unknown>> | null;
  readonly suspendedAt: string | null;
  readonly suspensionReason: string | null;
  /** 0: nothing is recorded. */
  readonly version: number;
  readonly createdAt: string | null;
  readonly updatedAt: string | null;
}

/** An owner with what is left of the credits of its plan, which change by themselves. */
export interface OwnerWithCredits extends Owner {
  readonly credits: {
    readonly remaining: number;
    readonly amount: number;
    readonly refillsAt: string | null;
  } | null;
}

/** The answer to a change of an owner; a 202 has `effectiveBy`. */
export interface ChangedOwner extends Owner {
  readonly effectiveBy?: string;
}

/** What would be lost under another plan. */
export interface PlanImpact {
  readonly owners: { readonly checked: number; readonly affected: number };
  readonly keys: Readonly<
    Record<
      'checked' | 'affected' | 'scopes' | 'features' | 'resources' | 'ended' | 'aboveCeilings' | 'surplus',
      number
    >
  >;
  readonly items: readonly {
    readonly ownerId: string;
    readonly keys: number;
    readonly scopes: readonly string[];
    readonly features: readonly string[];
    readonly resources: readonly string[];
    readonly endedKeys: number;
    readonly keysAboveCeilings: number;
    readonly surplusKeys: number;
  }[];
}

/** What an erasure has removed; a 202 has `effectiveBy`. */
export interface ErasureReport {
  readonly ownerId: string;
  readonly revokedKeys: number;
  readonly removed: Readonly<Record<string, number>>;
  readonly effectiveBy?: string;
}
