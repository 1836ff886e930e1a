import { FailureLog } from '../domain/failure-log.js';
import { isProblem } from '../errors.js';
import type { FirstUse, GraceStarter } from '../ports/grace-starter.js';
import type { Logger } from '../ports/logger.js';

/** Maximum number of first uses that wait to be recorded; surplus ones are retried at the next use of the secret. */
const maxWaiting = 1_000;
/** The first and the maximum pause between attempts, in milliseconds. */
const firstPauseMs = 100;
const maxPauseMs = 2_000;
/** How long repeated requests from stale copies of a key are ignored after the change, in milliseconds. */
const settledMs = 1_000;

/**
 * Records first uses in the background, one after the other, and retries until each is committed: the request that uses the new
 * secret does not wait, and an outage of the store loses no grace period.
 */
export class GraceStarts implements GraceStarter {
  readonly #write: (use: FirstUse) => Promise<void>;
  readonly #failures: FailureLog;
  readonly #waiting = new Map<string, FirstUse>();
  readonly #settled = new Set<string>();
  #draining: Promise<void> | null = null;
  #endPause: () => void = () => undefined;
  #isStopped = false;

  /** @param write - rejects with ApiKeysError `unavailable` when it should be called again */
  constructor(write: (use: FirstUse) => Promise<void>, logger: Logger) {
    this.#write = write;
    this.#failures = new FailureLog(logger, {
      begins: 'grace periods do not begin yet; they are tried again',
      ends: (lost) => `grace periods begin again; ${lost} wait for the next use of the new secret`,
    });
  }

  /** Whether a first use waits to be recorded. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  start(use: FirstUse): void {
    const name = `${use.keyId}.${use.credentialId}`;
    const isKnown = this.#waiting.has(name) || this.#settled.has(name);
    if (isKnown || this.#isStopped || this.#waiting.size >= maxWaiting) return;
    this.#waiting.set(name, use);
    this.#draining ??= this.#drain();
  }

  /** Retries each waiting use once; those that cannot be recorded are left to the next use, in any process. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#endPause();
    await this.#draining;
  }

  async #drain(): Promise<void> {
    let pauseMs = firstPauseMs;
    for (;;) {
      const hasFailed = await this.#writeAll();
      if (this.#waiting.size === 0 || (hasFailed && this.#isStopped)) break;
      if (hasFailed) {
        await this.#pause(pauseMs);
        pauseMs = Math.min(2 * pauseMs, maxPauseMs);
      } else {
        pauseMs = firstPauseMs;
      }
    }
    // In the same tick as the last check: a use from now on starts another run.
    this.#draining = null;
  }

  /** Returns whether the store did not respond. The remaining uses wait as well, because they need the same store. */
  async #writeAll(): Promise<boolean> {
    for (const [name, use] of this.#waiting) {
      try {
        await this.#write(use);
        this.#failures.worked();
      } catch (error) {
        const isAway = isProblem(error, 'unavailable');
        this.#failures.failed(error, isAway ? 0 : 1);
        // A failure for another reason must not delay the others; it is retried at the next use.
        if (isAway) return true;
      }
      this.#waiting.delete(name);
      this.#settled.add(name);
      setTimeout(() => this.#settled.delete(name), settledMs).unref();
    }
    return false;
  }

  #pause(milliseconds: number): Promise<void> {
    if (this.#isStopped) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds).unref();
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
