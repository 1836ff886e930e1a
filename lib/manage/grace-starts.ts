import { FailureLog } from '../domain/failure-log.js';
import { isProblem } from '../errors.js';
import type { FirstUse, GraceStarter } from '../ports/grace-starter.js';
import type { Logger } from '../ports/logger.js';

/** Most secrets whose first use waits to be written down; the next use of another one asks again. */
const maxWaiting = 1_000;
/** Pauses between two attempts, in milliseconds. */
const firstPauseMs = 100;
const maxPauseMs = 2_000;
/** How long copies of a key that do not know of the change yet may ask again for nothing, in milliseconds. */
const settledMs = 1_000;

/**
 * Writes first uses down in the background, one after the other, and tries again until each is committed: whoever uses
 * the new secret waits for nothing, and a store that is away for a while loses no grace period.
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

  start(use: FirstUse): void {
    const name = `${use.keyId}.${use.credentialId}`;
    const isKnown = this.#waiting.has(name) || this.#settled.has(name);
    if (isKnown || this.#isStopped || this.#waiting.size >= maxWaiting) return;
    this.#waiting.set(name, use);
    this.#draining ??= this.#drain();
  }

  /** Tries each that waits once more; what cannot be written is left to the next use, in whichever process. */
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
    // In the same step as the last look: a use that comes from now on begins anew.
    this.#draining = null;
  }

  /** Whether the store did not answer. The rest waits with it: all of them ask the same one. */
  async #writeAll(): Promise<boolean> {
    for (const [name, use] of this.#waiting) {
      try {
        await this.#write(use);
        this.#failures.worked();
      } catch (error) {
        const isAway = isProblem(error, 'unavailable');
        this.#failures.failed(error, isAway ? 0 : 1);
        // What fails for another reason must not hold up the others; the next use tries again.
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
