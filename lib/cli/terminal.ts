import type { Readable } from 'node:stream';
import { stripControls } from './strip-controls.js';

/** What a command reads from and writes to. */
export interface Terminal {
  /** Writes a result: a line on stdout. */
  print(text: string): void;
  /** Writes a message: a line on stderr. */
  say(text: string): void;
  /** Replaces the last line on stderr, where somebody looks at it. */
  showStatus(text: string): void;
  /** Whether stderr is a terminal. */
  readonly isWatched: boolean;
  readonly input: Readable;
  /**
   * Calls the listener at the first Ctrl-C or SIGTERM; the second one ends the process.
   *
   * @returns a function that removes the listener
   */
  onInterrupt(listener: () => void): () => void;
}

const signals = ['SIGINT', 'SIGTERM'] as const;
/** Of a process that was interrupted, as shells have it. */
export const interruptedExitCode = 130;

/** The terminal of this process. */
export class ProcessTerminal implements Terminal {
  #hasStatus = false;

  constructor() {
    // The reader of the output may stop early, as `head` does.
    process.stdout.on('error', () => undefined);
    process.stderr.on('error', () => undefined);
  }

  print(text: string): void {
    this.#clearStatus();
    process.stdout.write(`${stripControls(text)}\n`);
  }

  say(text: string): void {
    this.#clearStatus();
    process.stderr.write(`${stripControls(text)}\n`);
  }

  showStatus(text: string): void {
    if (!this.isWatched) return;
    const width = Math.max(20, process.stderr.columns) - 1;
    process.stderr.write(`\r\u001b[2K${stripControls(text).slice(0, width)}`);
    this.#hasStatus = true;
  }

  get isWatched(): boolean {
    return process.stderr.isTTY;
  }

  get input(): Readable {
    return process.stdin;
  }

  onInterrupt(listener: () => void): () => void {
    let count = 0;
    const onSignal = (): void => {
      count += 1;
      if (count > 1) process.exit(interruptedExitCode);
      listener();
    };
    for (const signal of signals) process.on(signal, onSignal);
    return () => {
      for (const signal of signals) process.off(signal, onSignal);
    };
  }

  #clearStatus(): void {
    if (this.#hasStatus) process.stderr.write('\r\u001b[2K');
    this.#hasStatus = false;
  }
}
