import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A program in a pseudo-terminal: what it writes to stdout and to stderr is on one screen. */
export interface TerminalSession {
  /** Everything that was on the screen, with its control characters. */
  screen(): string;
  /** Presses keys. */
  type(keys: string): void;
  /** Resolves when the screen has had something since `from`, a length of it; rejects when the program ends without it. */
  waitFor(pattern: RegExp, from?: number): Promise<void>;
  /** Resolves with the exit code. */
  readonly done: Promise<number | null>;
}

/** Runs a command of a shell in a pseudo-terminal that `script` of util-linux makes. */
export function openTerminal(
  command: string,
  {
    cwd,
    environment = {},
  }: { readonly cwd: string; readonly environment?: Readonly<Record<string, string>> },
): TerminalSession {
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd,
    env: { PATH: process.env['PATH'], TERM: 'xterm', HOME: cwd, ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let screen = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (screen += text));
  child.stdin.on('error', () => undefined);
  const done = once(child, 'close').then(([code]) => code as number | null);
  return {
    screen: () => screen,
    type: (keys) => void child.stdin.write(keys),
    done,
    waitFor: (pattern, from = 0) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!pattern.test(screen.slice(from))) return;
          child.stdout.off('data', look);
          resolve();
        };
        child.stdout.on('data', look);
        void done.then(() => reject(new Error(`The program ended without ${String(pattern)}:\n${screen}`)));
        look();
      }),
  };
}
