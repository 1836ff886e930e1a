import { execFile } from 'node:child_process';
import { join } from 'node:path';

/** Runs a program of `clients/` as a process of its own, and returns what it has printed. */
export function runClient(
  program: string,
  config: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [join(__dirname, 'clients', program)],
      { env: { PATH: process.env['PATH'], CLIENT_CONFIG: JSON.stringify(config) }, timeout: 60_000 },
      (error, output, errors) => {
        if (error !== null) reject(new Error(`${program} failed: ${errors}`));
        else resolve(JSON.parse(output) as Record<string, unknown>);
      },
    );
  });
}
