/** What a process does before it goes quiet, and what keeps it from that. */
export interface QuietTimerParts {
  /** How long nothing may have been done before, in milliseconds. */
  readonly quietAfterMs: number;
  /** Whether something is under way that needs this process on the list. */
  readonly isBusy: () => boolean;
  /** Writes what waits to be written. Must not reject. */
  readonly flush: () => Promise<void>;
  /** Must have given up the lease when it returns, before its promise is settled. Must not reject. */
  readonly becomeQuiet: () => Promise<void>;
}

/** How often in that time it is checked whether there was something to do. */
const checksPerTime = 4;

/** Lets a process go quiet that has had nothing to do for a while. */
export class QuietTimer {
  readonly #parts: QuietTimerParts;
  #wasActive = true;
  #idleChecks = 0;
  #timer: NodeJS.Timeout | null = null;
  #isStopped = false;
  #leaving: Promise<void> = Promise.resolve();

  constructor(parts: QuietTimerParts) {
    this.#parts = parts;
  }

  /** Records that a request or a call needs this process. Cheap enough for every request. */
  noteActivity(): void {
    this.#wasActive = true;
  }

  /** Waits for the next quiet time; call it again when the last one is over. */
  start(): void {
    if (this.#isStopped) return;
    this.#wasActive = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#check(), this.#parts.quietAfterMs / checksPerTime).unref();
  }

  /** Resolves when a quiet time that is beginning has begun. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#leaving;
  }

  async #check(): Promise<void> {
    this.#idleChecks = this.#isIdle() ? this.#idleChecks + 1 : 0;
    this.#wasActive = false;
    if (this.#idleChecks >= checksPerTime) {
      await this.#parts.flush();
      // Checked and given up in one step: whatever comes after it finds the lease gone.
      if (!this.#isStopped && this.#isIdle()) {
        this.#idleChecks = 0;
        this.#timer = null;
        this.#leaving = this.#parts.becomeQuiet();
        return;
      }
      this.#idleChecks = 0;
    }
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => void this.#check(), this.#parts.quietAfterMs / checksPerTime).unref();
  }

  #isIdle(): boolean {
    return !this.#wasActive && !this.#parts.isBusy();
  }
}
