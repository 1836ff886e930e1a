import { compileAllowlist } from '../domain/address.js';
import type { VerifiableKey } from '../domain/api-key.js';
import { createIdentity, type ApiKeyIdentity } from '../domain/api-key-identity.js';
import { setRouteScopes } from '../domain/route-scopes.js';
import { getExpiresAt } from '../domain/key-lifetime.js';
import type { VerifiableCredential } from '../domain/credential.js';
import { expandWithinPlan, narrowToBounds, noBounds, type PlanBounds } from '../domain/plan-bounds.js';
import type { AllowsBinding } from '../domain/named-resources.js';
import { narrowToAncestors } from '../domain/narrow-to-ancestors.js';
import type { ResourceCatalogue } from '../domain/resource-catalogue.js';
import type { KeySource } from '../domain/verification-outcome.js';
import type { ScopeCatalogue } from '../domain/scope-catalogue.js';
import type { Allowed, DeprecatedSecret } from '../domain/verdict.js';

/** One version of a key with what checks need of it, each part built on first use. */
export class PreparedKey {
  /** The key with what the keys above it, and the plan of its owner, leave of its scopes, features and resources. */
  readonly key: VerifiableKey;
  /** Defines the meaning of its scopes. */
  readonly catalogue: ScopeCatalogue;
  /** The kinds of resources that it can be bound to. */
  readonly resources: ResourceCatalogue;
  /** Where it was read, before it was cached here. */
  readonly readFrom: Extract<KeySource, 'redis' | 'database'>;
  #allowed: Allowed | undefined;
  /** `null` until an older secret is used: most keys have none. */
  #allowedByOlder: Map<string, Allowed> | null = null;
  #grantedScopes: ReadonlySet<string> | undefined;
  #allows: ((canonical: string | null) => boolean) | undefined;
  readonly #stored: Pick<VerifiableKey, 'scopes' | 'features' | 'resources'>;
  readonly #bounds: PlanBounds;

  /**
   * @param stored - the key as it is stored
   * @param bounds - what the plan of its owner includes
   * @param readFrom - default: the database
   */
  constructor(
    stored: VerifiableKey,
    catalogue: ScopeCatalogue,
    resources: ResourceCatalogue,
    bounds: PlanBounds = noBounds,
    readFrom: PreparedKey['readFrom'] = 'database',
  ) {
    this.key = narrowToBounds(narrowToAncestors(stored, catalogue), bounds, catalogue);
    this.catalogue = catalogue;
    this.resources = resources;
    this.readFrom = readFrom;
    const { scopes, features, resources: binding } = stored;
    this.#stored = this.key === stored ? stored : { scopes, features, resources: binding };
    this.#bounds = bounds;
  }

  /** The verdict on an allowed request, by the credential that authenticated it: the identity of the caller, frozen. */
  allowedBy(credential: VerifiableCredential): Allowed {
    if (credential.id !== this.key.credentials[0]?.id) return this.#byOlder(credential);
    this.#allowed ??= this.#by(credential);
    return this.#allowed;
  }

  #by({ id: credentialId }: VerifiableCredential): Allowed {
    const apiKey = createIdentity(this.key, { via: 'key', credentialId }, this.resources);
    this.boundRoutes(apiKey, this.key.scopes);
    return Object.freeze({ allowed: true, apiKey });
  }

  #byOlder(credential: VerifiableCredential): Allowed {
    this.#allowedByOlder ??= new Map();
    let allowed = this.#allowedByOlder.get(credential.id);
    if (allowed === undefined) {
      allowed = this.#deprecated(credential);
      this.#allowedByOlder.set(credential.id, allowed);
    }
    return allowed;
  }

  #deprecated(credential: VerifiableCredential): Allowed {
    const { credentials } = this.key;
    const expiresAt = getExpiresAt(this.key);
    const { id, endsAt } = credential;
    const newer = credentials[credentials.findIndex((each) => each.id === id) - 1];
    // The secret that replaced it no longer exists, so the time of the replacement is unknown.
    if (newer === undefined) return this.#by(credential);
    const end = endsAt === null ? null : Math.min(endsAt, expiresAt ?? Infinity);
    const deprecatedSecret = showDeprecatedSecret(newer.createdAt, end);
    return Object.freeze({ ...this.#by(credential), deprecatedSecret });
  }

  /** Every scope of the app that the key covers. */
  get grantedScopes(): ReadonlySet<string> {
    this.#grantedScopes ??= this.expand(this.key.scopes);
    return this.#grantedScopes;
  }

  /** Every scope of the app that some scopes of the key cover, as far as the plan includes it. */
  expand(scopes: readonly string[]): ReadonlySet<string> {
    return expandWithinPlan(scopes, this.#bounds, this.catalogue);
  }

  /** Records what the plan leaves of an identity of this key that has some of its scopes. */
  boundRoutes(identity: ApiKeyIdentity, scopes: readonly string[]): void {
    if (this.#bounds.routeScopes !== null) setRouteScopes(identity, this.expand(scopes));
  }

  /** Whether the key has a scope of the app that a key above it or the plan of its owner does not include. */
  losesScope(scope: string): boolean {
    return !this.grantedScopes.has(scope) && this.catalogue.expand(this.#stored.scopes).has(scope);
  }

  /** Whether the key has a feature that a key above it or the plan of its owner does not include. */
  losesFeature(feature: string): boolean {
    return !this.key.features.includes(feature) && this.#stored.features.includes(feature);
  }

  /** Whether the key could be used for a request, if the plan of its owner included the resources. */
  losesBinding(allows: AllowsBinding): boolean {
    return this.key.resources !== this.#stored.resources && allows(this.#stored.resources);
  }

  /** Whether the key may be used only from certain addresses. */
  get limitsAddresses(): boolean {
    return this.key.ipAllowlist !== null;
  }

  /**
   * Whether the key may be used from an address in canonical form; an unknown address is not allowed. Call it only
   * where {@link limitsAddresses} is true.
   */
  allowsAddress(canonical: string | null): boolean {
    this.#allows ??= compileAllowlist(this.key.ipAllowlist ?? []);
    return this.#allows(canonical);
  }

  /** An estimate of the memory that it takes while it is cached. */
  get approximateBytes(): number {
    const { key } = this;
    const overrides = key.owner?.overrides ?? null;
    const overrideBytes = overrides === null ? 0 : 8 * JSON.stringify(overrides).length;
    const strings = [
      key.ownerId,
      key.name,
      ...key.scopes,
      ...key.features,
      ...(key.ipAllowlist ?? []),
      ...Object.values(key.resources ?? {}).flat(),
    ];
    const stringBytes = strings.reduce((sum, string) => sum + bytesPerString + 2 * string.length, 0);
    // Parsed JSON takes several times the memory of its source.
    const metadataBytes = isEmpty(key.metadata) ? 0 : 8 * JSON.stringify(key.metadata).length;
    const credentialBytes = key.credentials.reduce((sum, each) => sum + estimateBytes(each), 0);
    const ancestorBytes = key.ancestors.length === 0 ? 0 : 4 * JSON.stringify(key.ancestors).length;
    const partBytes = credentialBytes + ancestorBytes + key.rateLimits.length * bytesPerRateLimit;
    return bytesPerKey + partBytes + stringBytes + metadataBytes + overrideBytes;
  }
}

const bytesPerKey = 900;
const bytesPerCredential = 400;
const bytesPerRateLimit = 150;
const bytesPerString = 24;

/** A public key is kept as a string, and again as a key object. */
function estimateBytes(credential: VerifiableCredential): number {
  if (credential.kind === 'public-key') return bytesPerCredential + 3 * credential.spki.length;
  return bytesPerCredential + (credential.sealedSecret?.length ?? 0);
}

function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}

/** Each read makes Dates of its own: a Date cannot be frozen, and all requests share this object. */
function showDeprecatedSecret(since: number, end: number | null): DeprecatedSecret {
  return Object.freeze({
    get since() {
      return new Date(since);
    },
    get endsAt() {
      return end === null ? null : new Date(end);
    },
  });
}
