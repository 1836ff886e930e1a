import { FailureLog } from '../domain/failure-log.js';
import type { KeyStore } from '../ports/key-store.js';
import type { Logger } from '../ports/logger.js';
import type { SecretDigester } from '../ports/secret-digester.js';
import type { KeyFinder } from './find-key.js';

/** Where missing digests are stored. */
export interface MissingDigestPorts {
  readonly store: Pick<KeyStore, 'addDigest'>;
  readonly finder: Pick<KeyFinder, 'findInStore'>;
  readonly digester: Pick<SecretDigester, 'pepperIds'>;
  readonly logger: Logger;
}

/** The maximum number of concurrent writes; beyond it, the next use of a key tries again. */
const maxConcurrent = 16;

/**
 * Stores digests under the current pepper, after another pepper or the slow hash has authenticated a secret. No
 * request waits for it, and however many requests find the same digest missing, it is written once.
 */
export class MissingDigests {
  readonly #ports: MissingDigestPorts;
  readonly #failures: FailureLog;
  readonly #inFlight = new Set<string>();

  constructor(ports: MissingDigestPorts) {
    this.#ports = ports;
    this.#failures = new FailureLog(ports.logger, {
      begins: 'digests under the current pepper are not stored',
      ends: (lost) =>
        `digests under the current pepper are stored again; ${lost} wait for the next use of their keys`,
    });
  }

  add(keyId: string, credentialId: string, digest: string): void {
    const name = `${keyId}.${credentialId}`;
    if (this.#inFlight.has(name) || this.#inFlight.size >= maxConcurrent) return;
    this.#inFlight.add(name);
    void this.#write(keyId, credentialId, digest).finally(() => this.#inFlight.delete(name));
  }

  async #write(keyId: string, credentialId: string, digest: string): Promise<void> {
    const { store, finder, digester } = this.#ports;
    const [pepperId] = digester.pepperIds;
    if (pepperId === undefined) return;
    try {
      await store.addDigest(keyId, credentialId, pepperId, digest);
      this.#failures.worked();
    } catch (error) {
      this.#failures.failed(error, 1);
      return;
    }
    // The shared copy is replaced with one that has the digest; until then every request of other processes would
    // find it missing.
    await finder.findInStore(keyId).catch(() => undefined);
  }
}
