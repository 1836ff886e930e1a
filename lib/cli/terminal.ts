import type { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { stripControls } from './strip-controls.js';

/** The first characters of a text, which stand out in a terminal. */
export interface Lead {
  readonly length: number;
  readonly look: Look;
}

/** SGR parameters of ECMA-48. */
const looks = { bold: '1', red: '1;31', yellow: '1;33' } as const;

/** How characters look. */
export type Look = keyof typeof looks;

/** What a command reads from and writes to. */
export interface Terminal {
  /** Writes a result: a line on stdout. @param lead - how its first characters look where somebody looks at it */
  print(text: string, lead?: Lead): void;
  /** The same for what cannot be printed again: a reader that stops early has lost it, so the command fails. */
  printOnce(text: string): void;
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
  #hasFailed = false;
  #isNeeded = false;
  /** See no-color.org. */
  readonly #hasLooks =
    process.stdout.isTTY && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb';
  /** As it was before anything else has replaced it. */
  readonly #write = process.stdout.write.bind(process.stdout);

  constructor() {
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      // The reader of the output may stop early, as `head` does.
      if (error.code !== 'EPIPE' || this.#isNeeded) this.#hasFailed = true;
    });
    process.stderr.on('error', () => undefined);
  }

  print(text: string, lead?: Lead): void {
    this.#clearStatus();
    this.#write(`${this.#hasLooks ? markLead(stripControls(text), lead) : stripControls(text)}\n`);
  }

  printOnce(text: string): void {
    this.#isNeeded = true;
    this.print(text);
  }

  /**
   * Waits until everything that was printed has been taken, however slowly it is read.
   *
   * @returns whether it has reached its reader, or the reader wanted no more
   */
  async finishPrinting(): Promise<boolean> {
    await new Promise<void>((resolve) => {
      this.#write('', () => resolve());
    });
    // An error of the last write comes in the next turn.
    await nextTurn();
    if (this.#hasFailed && this.#isNeeded)
      this.say(
        'api-keys: the key was changed, and what was to be printed reached nobody: rotate it once more.',
      );
    return !this.#hasFailed;
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
      if (count > 1) {
        process.exitCode = interruptedExitCode;
        process.exit();
      }
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

function markLead(text: string, lead: Lead | undefined): string {
  if (lead === undefined) return text;
  return `\u001b[${looks[lead.look]}m${text.slice(0, lead.length)}\u001b[0m${text.slice(lead.length)}`;
}
