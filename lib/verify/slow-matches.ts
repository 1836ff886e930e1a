import type { VerifiableKey } from '../domain/api-key.js';
import { hasCredentialEnded, isSecret } from '../domain/credential.js';
import { markHash, type ForeignToken } from '../domain/foreign-token.js';
import { importedHintPrefix, isOfKeyspace, type Keyspaces } from '../domain/keyspaces.js';
import { toNetwork } from '../domain/network.js';
import { parseSaltedDigest } from '../domain/salted-digest.js';
import { RecentMap } from '../domain/two-generations.js';
import type { Refusal } from '../domain/verdict.js';
import type { Clock } from '../ports/clock.js';
import type { SecretDigester } from '../ports/secret-digester.js';
import type { SecretHasher } from '../ports/secret-hasher.js';
import { FailureWindows, type FailureWindow } from './failure-windows.js';
import type { KeyFinder } from './find-key.js';
import { isUnproven, matchDigest } from './match-credential.js';
import type { ProvenKey } from './match-lost-pepper.js';

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
  readonly ofNetwork: FailureWindow;
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
  readonly #inFlight = new Map<string, Promise<ProvenKey | null>>();

  constructor(parts: SlowMatchesParts) {
    this.#parts = parts;
  }

  /**
   * Returns `null` when it does not match, and a refusal when it is not compared. Rejects with ApiKeysError `unavailable`.
   *
   * @param key - the whole string that was sent
   * @param address - of the caller, in canonical form
   */
  match(token: ForeignToken, key: string, address: string | null): Promise<ProvenKey | Refusal | null> {
    // A client that starts may send many requests at once. Joining a comparison costs none, so no budget is asked.
    const name = `${token.id} ${token.secret}`;
    const running = this.#inFlight.get(name);
    if (running !== undefined) return running;
    // A refusal is that of one network: only comparisons are shared.
    const attempt = this.#begin(this.#budgetOf(token.id, key), toNetwork(address));
    if ('allowed' in attempt) return Promise.resolve(attempt);
    const result = this.#compareAndSettle(token, attempt).finally(() => this.#inFlight.delete(name));
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
    const ofNetwork = this.#ofNetwork.begin(networkName);
    if (ofNetwork === null) return refuse(this.#ofNetwork.secondsLeft(networkName));
    const ofKey = this.#ofKey.begin(budget);
    if (ofKey !== null) return { ofNetwork, ofKey };
    this.#ofNetwork.settle(ofNetwork, false);
    return refuse(this.#ofKey.secondsLeft(budget));
  }

  async #compareAndSettle(token: ForeignToken, { ofNetwork, ofKey }: Attempt): Promise<ProvenKey | null> {
    let hasFailed = false;
    try {
      const proven = await this.#compare(token);
      hasFailed = proven === null;
      return proven;
    } finally {
      this.#ofNetwork.settle(ofNetwork, hasFailed);
      this.#ofKey.settle(ofKey, hasFailed);
    }
  }

  /** From the row of the import: nothing is read for it, because no string is refused before one was compared. */
  #noteLastFour({ id, hint }: VerifiableKey): void {
    const { prefix, lastFour = '' } = hint;
    if (prefix === importedHintPrefix && lastFour.length === 4) this.#lastFour.set(id, lastFour);
    else this.#lastFour.delete(id);
  }

  async #compare(token: ForeignToken): Promise<ProvenKey | null> {
    const { finder, digester, keyspaces, clock } = this.#parts;
    const { native } = keyspaces;
    const { id, secret } = token;
    const stored = await finder.findInStore(id);
    if (stored === null || !isOfKeyspace(native, stored.key)) return null;
    this.#noteLastFour(stored.key);
    // The digest may have been added since the copy was made.
    if (!stored.key.credentials.filter(isSecret).some(isUnproven)) finder.forget(id);
    const match = matchDigest(digester, stored.key, native.environment, token);
    if (match !== null) return { prepared: stored, match };
    const unproven = stored.key.credentials
      .filter(isSecret)
      .find((each) => isUnproven(each) && !hasCredentialEnded(each, clock.now()));
    if (unproven?.bcryptHash === undefined) return null;
    if (!(await this.#matchesStored(token, unproven.bcryptHash))) return null;
    // The slow hash takes time: what counts is the present state of the key.
    const current = await finder.findInStore(id);
    const credential = current?.key.credentials.filter(isSecret).find((each) => each.id === unproven.id);
    const [pepperId] = digester.pepperIds;
    if (current === null || credential === undefined || pepperId === undefined) return null;
    const missingDigest = digester.digest(pepperId, native.environment, id, secret);
    return { prepared: current, match: { credential, missingDigest } };
  }

  async #matchesStored({ id, comparison }: ForeignToken, stored: string): Promise<boolean> {
    const { digester, hasher, keyspaces } = this.#parts;
    if (comparison === null) return false;
    const { secret, computeSalted } = comparison;
    if (computeSalted === null) return hasher.matchesImported(secret, stored);
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
