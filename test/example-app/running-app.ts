import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { freePort } from '../servers/server-process.cjs';

/** The example app as a process of its own. */
export interface RunningApp {
  readonly url: string;
  readonly pid: number;
  /** All that was written to its standard output and error. */
  output(): string;
  /** The lines that it prints to be pasted; waits until they are there. */
  linesToPaste(): Promise<string>;
  /** Sends a signal; resolves with the exit code, `null` when the signal itself ended the process. */
  end(signal: NodeJS.Signals): Promise<number | null>;
  /** Resolves with the exit code when it ends by itself. */
  readonly ended: Promise<number | null>;
}

/**
 * Starts the compiled app and does not wait until it listens.
 *
 * @param folder - of `buildApp()`
 * @param environment - its whole environment besides PATH and a free PORT
 */
export async function startApp(
  folder: string,
  environment: Readonly<Record<string, string>>,
  script = 'dist/server.js',
): Promise<RunningApp> {
  const port = await freePort();
  const child = spawn(process.execPath, [join(folder, 'example-app', script)], {
    env: { PATH: process.env['PATH'], PORT: String(port), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let written = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (written += text));
  }
  // `close` comes when the output was read to its end.
  const ended = once(child, 'close').then(([code]) => code as number | null);

  return {
    url: `http://127.0.0.1:${environment['PORT'] ?? port}`,
    pid: child.pid ?? 0,
    output: () => written,
    ended,
    async linesToPaste() {
      while (!/^APP=[^]*\n\n$/m.test(written)) {
        if (child.exitCode !== null) throw new Error(`the app ended with ${child.exitCode}:\n${written}`);
        await setTimeout(20);
      }
      return written.slice(written.indexOf('\nAPP=') + 1);
    },
    async end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}
