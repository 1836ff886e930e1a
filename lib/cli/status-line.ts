import type { Terminal } from './terminal.js';

/** How often the status is shown, in milliseconds. */
const intervalMs = 200;

/** Shows how far a command is: one line that is replaced where somebody looks at it, else a line from time to time. */
export class StatusLine {
  readonly #terminal: Terminal;
  readonly #intervalMs: number;
  #shownAt = performance.now();

  /** @param lineIntervalMs - how often a line is written where nobody looks; absent: never */
  constructor(terminal: Terminal, lineIntervalMs: number = Infinity) {
    this.#terminal = terminal;
    this.#intervalMs = terminal.isWatched ? intervalMs : lineIntervalMs;
  }

  show(describe: () => string): void {
    const now = performance.now();
    if (now - this.#shownAt < this.#intervalMs) return;
    this.#shownAt = now;
    if (this.#terminal.isWatched) this.#terminal.showStatus(describe());
    else this.#terminal.say(describe());
  }
}
