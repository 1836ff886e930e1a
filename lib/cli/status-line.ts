import type { Terminal } from './terminal.js';

/** How often the status is shown, in milliseconds. */
const intervalMs = 200;

/** Shows how far a command is, where somebody looks at it. */
export class StatusLine {
  readonly #terminal: Terminal;
  #shownAt = performance.now();

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(describe: () => string): void {
    if (!this.#terminal.isWatched || performance.now() - this.#shownAt < intervalMs) return;
    this.#shownAt = performance.now();
    this.#terminal.showStatus(describe());
  }
}
