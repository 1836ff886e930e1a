import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { mkdirSync, writeFileSync } from 'node:fs';
import { waitUntil } from '../../servers/wait-until.cjs';
import { freePorts, type VerdaccioCopy } from './copy-of-verdaccio.js';

/** A protected registry that runs. */
export interface RunningVerdaccio {
  readonly url: string;
  /** What it has logged. */
  log(): string;
  /** Asks it to stop. @returns its exit code */
  stop(): Promise<number | null>;
}

// The passwords are SHA-1 of the names.
const CONFIG = `
storage: ./storage
users:
  alice:
    password: 522b276a356bdf39013dfabea2cd43e141ecc9e8
  bob:
    password: 48181acd22b3edaebc8a447868a7df7ce629920a
packages:
  '*':
    allow_access: $authenticated
    allow_publish: $authenticated
logs:
  - {type: stdout, format: json, level: trace}
`;

/** Starts `bin/verdaccio` with the users alice and bob, whose passwords are their names, and no other registry behind it. */
export async function startVerdaccio(copy: VerdaccioCopy, node: string): Promise<RunningVerdaccio> {
  const [port] = await freePorts(1);
  const data = join(copy.folder, 'data');
  mkdirSync(data);
  writeFileSync(join(data, 'config.yaml'), `${CONFIG}listen: ${port}\n`);
  const environment = { ...process.env };
  for (const name of ['NODE_ENV', 'NODE_OPTIONS', 'DATABASE_URL', 'API_KEYS_PEPPER'])
    delete environment[name];
  const child = spawn(node, ['--no-deprecation', 'bin/verdaccio', '-c', 'data/config.yaml'], {
    cwd: copy.folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (log += String(chunk)));
  // As it tells the process that has started it.
  await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`It ended with ${String(code)}:\n${log}`);
    }),
  ]);
  // It tells so before it listens.
  const url = `http://localhost:${port}`;
  await waitUntil('it listens', () =>
    fetch(`${url}/-/ping`).then(
      ({ ok }) => ok,
      () => false,
    ),
  );
  return {
    url,
    log: () => log,
    stop: async () => {
      if (child.exitCode !== null) return child.exitCode;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      const [code] = (await ended) as [number | null];
      return code;
    },
  };
}
