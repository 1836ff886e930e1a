import { FailureLog } from '../domain/failure-log.js';
import type { KeyStore } from '../ports/key-store.js';
import type { Logger } from '../ports/logger.js';
import type { SecretDigester } from '../ports/secret-digester.js';
import type { KeyFinder } from './find-key.js';

/** What storing a missing digest needs from outside. */
export interface MissingDigestPorts {
  readonly store: Pick<KeyStore, 'addDigest'>;
  readonly finder: Pick<KeyFinder, 'findInStore'>;
  readonly digester: Pick<SecretDigester, 'pepperIds'>;
  readonly logger: Logger;
}

/** More writes than this are not begun at once; the next use of a key asks again. */
const maxUnderWay = 16;

/**
 * Stores digests under the current pepper, after another pepper or the slow hash has proven a secret. Nobody waits for
 * it, and however many requests find the same digest missing, it is written once.
 */
export class MissingDigests {
  readonly #ports: MissingDigestPorts;
  readonly #failures: FailureLog;
  readonly #underWay = new Set<string>();

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
    if (this.#underWay.has(name) || this.#underWay.size >= maxUnderWay) return;
    this.#underWay.add(name);
    void this.#write(keyId, credentialId, digest).finally(() => this.#underWay.delete(name));
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
    // The copy that others read is made anew with it; until then each of their requests would find it missing.
    await finder.findInStore(keyId).catch(() => undefined);
  }
}
