import type { VerifiableKey } from '../domain/api-key.js';
import { hasCredentialEnded, isSecret } from '../domain/credential.js';
import { markHash, type ForeignToken } from '../domain/foreign-token.js';
import { importedHintPrefix, isOfKeyspace, type Keyspaces } from '../domain/keyspaces.js';
import { toNetwork } from '../domain/network.js';
import { parseSaltedDigest } from '../domain/salted-digest.js';
import { RecentMap } from '../domain/two-generations.js';
import type { Refusal } from '../domain/verdict.js';
import { ApiKeysError } from '../errors.js';
import type { Clock } from '../ports/clock.js';
import type { SecretDigester } from '../ports/secret-digester.js';
import { SlowHashTimeout, type SecretHasher } from '../ports/secret-hasher.js';
import { FailureWindows, type FailureWindow } from './failure-windows.js';
import type { KeyFinder } from './find-key.js';
import { isUnproven, matchDigest, type CredentialMatch } from './match-credential.js';
import type { ProvenKey } from './match-lost-pepper.js';
import type { PreparedKey } from './prepared-key.js';

/** What slow comparisons need. */
export interface SlowMatchesParts {
  readonly finder: Pick<KeyFinder, 'findInStore' | 'forget'>;
  readonly digester: SecretDigester;
  readonly hasher: SecretHasher;
  readonly keyspaces: Pick<Keyspaces, 'native'>;
  readonly clock: Clock;
}

/** A minute, in which one network may be wrong once about a key, and all of them together a few times. */
const windowSeconds = 60;
const maxFailuresOfKey = 10;
/** Keys whose last four characters are remembered. */
const maxTracked = 10_000;

/** One comparison that may fail, reserved for a network and for the key. */
interface Attempt {
  /** `null` for callers whose address is unknown: they are no network. */
  readonly ofNetwork: FailureWindow | null;
  readonly ofKey: FailureWindow;
}

/**
 * Compares imported keys with the slow hash that the other system stored: only until the first right one, whose fast digest is
 * stored then; so it does with fast hashes that have salts of their own. However many wrong strings are sent for the visible part of a key, they cost few slow hashes and few reads; a right
 * one from another network is not held up by them, nor one from the same network whose last four characters the import has named.
 */
export class SlowMatches {
  readonly #parts: SlowMatchesParts;
  readonly #ofNetwork = new FailureWindows({ failures: 1, windowSeconds });
  readonly #ofKey = new FailureWindows({ failures: maxFailuresOfKey, windowSeconds });
  readonly #lastFour = new RecentMap<string>(maxTracked);
  /** The ids of the credentials that matched. */
  readonly #inFlight = new Map<string, Promise<string | null>>();

  constructor(parts: SlowMatchesParts) {
    this.#parts = parts;
  }

  /**
   * Returns `null` when it does not match, and a refusal when it is not compared. Rejects with ApiKeysError `unavailable`.
   *
   * @param key - the whole string that was sent
   * @param address - of the caller, in canonical form
   */
  async match(token: ForeignToken, key: string, address: string | null): Promise<ProvenKey | Refusal | null> {
    const matched = await this.#matchOnce(token, key, address);
    if (typeof matched !== 'string') return matched;
    // A comparison takes time and is shared, but every request is decided by the state that the key has after it has come.
    return this.#readProven(token, matched);
  }

  /** @returns the id of the credential that matches */
  #matchOnce(
    token: ForeignToken,
    key: string,
    address: string | null,
  ): Promise<string | Refusal | null> | Refusal {
    // A client that starts may send many requests at once. Joining a comparison costs none, so no budget is asked.
    const name = `${token.id} ${token.secret}`;
    const running = this.#inFlight.get(name);
    if (running !== undefined) return running;
    // A refusal is that of one network: only comparisons are shared.
    const network = toNetwork(address);
    const attempt = this.#begin(this.#budgetOf(token.id, key), network);
    if ('allowed' in attempt) return attempt;
    const result = this.#compareAndSettle(token, network, attempt).finally(() => this.#inFlight.delete(name));
    this.#inFlight.set(name, result);
    return result;
  }

  /** Strings that end as the key does have a budget of their own, which others cannot use up without knowing that end. */
  #budgetOf(id: string, key: string): string {
    const lastFour = this.#lastFour.get(id);
    return lastFour !== undefined && key.endsWith(lastFour) ? `${id} …` : id;
  }

  #begin(budget: string, network: string): Attempt | Refusal {
    const networkName = `${budget} ${network}`;
    const ofNetwork = network === '' ? null : this.#ofNetwork.begin(networkName);
    if (network !== '' && ofNetwork === null) return refuse(this.#ofNetwork.secondsLeft(networkName));
    const ofKey = this.#ofKey.begin(budget);
    if (ofKey !== null) return { ofNetwork, ofKey };
    this.#settle({ ofNetwork, ofKey }, false);
    return refuse(this.#ofKey.secondsLeft(budget));
  }

  #settle({ ofNetwork, ofKey }: { [N in keyof Attempt]: Attempt[N] | null }, hasFailed: boolean): void {
    if (ofNetwork !== null) this.#ofNetwork.settle(ofNetwork, hasFailed);
    if (ofKey !== null) this.#ofKey.settle(ofKey, hasFailed);
  }

  async #compareAndSettle(token: ForeignToken, network: string, attempt: Attempt): Promise<string | null> {
    let hasFailed = false;
    try {
      const matched = await this.#compare(token, network);
      hasFailed = matched === null;
      return matched;
    } catch (error) {
      // It has cost what a wrong string costs.
      hasFailed = error instanceof ApiKeysError && error.cause instanceof SlowHashTimeout;
      throw error;
    } finally {
      this.#settle(attempt, hasFailed);
    }
  }

  /** From the row of the import: nothing is read for it, because no string is refused before one was compared. */
  #noteLastFour({ id, hint }: VerifiableKey): void {
    const { prefix, lastFour = '' } = hint;
    if (prefix === importedHintPrefix && lastFour.length === 4) this.#lastFour.set(id, lastFour);
    else this.#lastFour.delete(id);
  }

  async #compare(token: ForeignToken, network: string): Promise<string | null> {
    const { finder, clock } = this.#parts;
    const stored = await this.#findNative(token.id);
    if (stored === null) return null;
    this.#noteLastFour(stored.key);
    // The digest may have been added since the copy was made.
    if (!stored.key.credentials.filter(isSecret).some(isUnproven)) finder.forget(token.id);
    const match = this.#matchDigest(stored, token);
    if (match !== null) return match.credential.id;
    const unproven = stored.key.credentials
      .filter(isSecret)
      .find((each) => isUnproven(each) && !hasCredentialEnded(each, clock.now()));
    if (unproven?.bcryptHash === undefined) return null;
    return (await this.#matchesStored(token, network, unproven.bcryptHash)) ? unproven.id : null;
  }

  /** Reads the key as it is now, for one request whose secret is that of a credential. */
  async #readProven(token: ForeignToken, credentialId: string): Promise<ProvenKey | null> {
    const { digester, keyspaces } = this.#parts;
    const prepared = await this.#findNative(token.id);
    if (prepared === null) return null;
    const match = this.#matchDigest(prepared, token);
    if (match !== null) return { prepared, match };
    const credential = prepared.key.credentials.filter(isSecret).find(({ id }) => id === credentialId);
    const [pepperId] = digester.pepperIds;
    if (credential === undefined || pepperId === undefined) return null;
    const { environment } = keyspaces.native;
    const missingDigest = digester.digest(pepperId, environment, token.id, token.secret);
    return { prepared, match: { credential, missingDigest } };
  }

  async #findNative(id: string): Promise<PreparedKey | null> {
    const { finder, keyspaces } = this.#parts;
    const prepared = await finder.findInStore(id);
    return prepared !== null && isOfKeyspace(keyspaces.native, prepared.key) ? prepared : null;
  }

  #matchDigest({ key }: PreparedKey, token: ForeignToken): CredentialMatch | null {
    const { digester, keyspaces } = this.#parts;
    return matchDigest(digester, key, keyspaces.native.environment, token);
  }

  async #matchesStored({ id, comparison }: ForeignToken, network: string, stored: string): Promise<boolean> {
    const { digester, hasher, keyspaces } = this.#parts;
    if (comparison === null) return false;
    const { secret, computeSalted } = comparison;
    if (computeSalted === null) return hasher.matchesImported(secret, stored, network);
    const salted = parseSaltedDigest(stored);
    if (salted === null || !digester.pepperIds.includes(salted.pepperId)) return false;
    const hash = markHash(computeSalted(salted));
    const { environment } = keyspaces.native;
    return digester.equal(digester.digest(salted.pepperId, environment, id, hash), salted.digest);
  }
}

function refuse(retryAfterSeconds: number): Refusal {
  return { allowed: false, code: 'too_many_failures', retryAfterSeconds };
}
