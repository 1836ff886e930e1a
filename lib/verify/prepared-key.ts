import { compileAllowlist } from '../domain/address.js';
import type { VerifiableKey } from '../domain/api-key.js';
import { identityOf } from '../domain/api-key-identity.js';
import type { VerifiableCredential } from '../domain/credential.js';
import type { ScopeCatalogue } from '../domain/scope-catalogue.js';
import type { Allowed, DeprecatedSecret } from '../domain/verdict.js';

/** One version of a key with what checking it needs, each part built when it is first asked for. */
export class PreparedKey {
  readonly key: VerifiableKey;
  /** What its scopes mean. */
  readonly catalogue: ScopeCatalogue;
  #allowed: Allowed | undefined;
  readonly #allowedByOlder = new Map<string, Allowed>();
  #grantedScopes: ReadonlySet<string> | undefined;
  #allows: ((canonical: string | null) => boolean) | undefined;

  constructor(key: VerifiableKey, catalogue: ScopeCatalogue) {
    this.key = key;
    this.catalogue = catalogue;
  }

  /** The verdict on a request that may pass, by the credential that proved it: who the caller is, frozen. */
  allowedBy(credential: VerifiableCredential): Allowed {
    if (credential.id !== this.key.credentials[0]?.id) return this.#byOlder(credential);
    this.#allowed ??= this.#by(credential);
    return this.#allowed;
  }

  #by({ id: credentialId }: VerifiableCredential): Allowed {
    return Object.freeze({ allowed: true, apiKey: identityOf(this.key, { via: 'key', credentialId }) });
  }

  #byOlder(credential: VerifiableCredential): Allowed {
    let allowed = this.#allowedByOlder.get(credential.id);
    if (allowed === undefined) {
      allowed = this.#deprecated(credential);
      this.#allowedByOlder.set(credential.id, allowed);
    }
    return allowed;
  }

  #deprecated(credential: VerifiableCredential): Allowed {
    const { credentials, expiresAt } = this.key;
    const { id, endsAt } = credential;
    const newer = credentials[credentials.findIndex((each) => each.id === id) - 1];
    // A secret that is not there any more was replaced, and nobody knows when.
    if (newer === undefined) return this.#by(credential);
    const deprecatedSecret: DeprecatedSecret = Object.freeze({
      since: newer.createdAt,
      endsAt: endsAt === null ? null : Math.min(endsAt, expiresAt ?? Infinity),
    });
    return Object.freeze({ ...this.#by(credential), deprecatedSecret });
  }

  /** Every scope of the app that the key covers. */
  get grantedScopes(): ReadonlySet<string> {
    this.#grantedScopes ??= this.catalogue.expand(this.key.scopes);
    return this.#grantedScopes;
  }

  /** Whether it matters from where the key is used. */
  get limitsAddresses(): boolean {
    return this.key.ipAllowlist !== null;
  }

  /** Where it matters: whether the key may be used from an address in canonical form; an unknown one is not allowed. */
  allowsAddress(canonical: string | null): boolean {
    this.#allows ??= compileAllowlist(this.key.ipAllowlist ?? []);
    return this.#allows(canonical);
  }

  /** About how much memory it takes while it is held. */
  get approximateBytes(): number {
    const { key } = this;
    const texts = [key.ownerId, key.name, ...key.scopes, ...key.features, ...(key.ipAllowlist ?? [])];
    const textBytes = texts.reduce((sum, text) => sum + bytesPerText + 2 * text.length, 0);
    // Parsed JSON takes several times the room of its text.
    const metadataBytes = isEmpty(key.metadata) ? 0 : 8 * JSON.stringify(key.metadata).length;
    const credentialBytes = key.credentials.reduce((sum, each) => sum + bytesOf(each), 0);
    const partBytes = credentialBytes + key.rateLimits.length * bytesPerRateLimit;
    return bytesPerKey + partBytes + textBytes + metadataBytes;
  }
}

const bytesPerKey = 900;
const bytesPerCredential = 400;
const bytesPerRateLimit = 150;
const bytesPerText = 24;

/** A public key is held as text, and again as a key object. */
function bytesOf(credential: VerifiableCredential): number {
  if (credential.kind === 'public-key') return bytesPerCredential + 3 * credential.spki.length;
  return bytesPerCredential + (credential.sealedSecret?.length ?? 0);
}

function isEmpty(object: object): boolean {
  for (const _ in object) return false;
  return true;
}
