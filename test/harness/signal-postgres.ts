import { spawnSync } from 'node:child_process';

/** Sends a signal to PostgreSQL. Every connection has a process of its own; the parent comes first, so that no new one is made. */
export function signalPostgres(pid: number, signal: NodeJS.Signals): void {
  process.kill(pid, signal);
  const { stdout } = spawnSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' });
  for (const child of stdout.split('\n').filter((line) => line !== '')) {
    try {
      process.kill(Number(child), signal);
    } catch (error) {
      // One may end while we look at the list.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}
