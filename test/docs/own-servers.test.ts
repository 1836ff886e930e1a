import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { createDatabase } from '../servers/postgres.cjs';
import { freePort } from '../servers/server-process.cjs';
import { ownServersCommands } from './commands.js';
import { repository } from './markdown.js';

const copied = [
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'build.mjs',
  'lib',
  'page',
  'types',
  'example-app',
];

/** A clone in which `npm install` has been run, and nothing was built. */
function makeClone(): string {
  const clone = mkdtempSync(join(tmpdir(), 'express-api-keys-clone-'));
  for (const name of copied) {
    cpSync(join(repository, name), join(clone, name), {
      recursive: true,
      filter: (path) => !['dist', '.data', '.env', 'node_modules'].includes(basename(path)),
    });
  }
  mkdirSync(join(clone, 'node_modules'));
  for (const name of readdirSync(join(repository, 'node_modules'))) {
    const target = { 'express-api-keys': clone, 'example-app': join(clone, 'example-app') }[name];
    symlinkSync(target ?? join(repository, 'node_modules', name), join(clone, 'node_modules', name));
  }
  return clone;
}

describe('the commands for your own PostgreSQL and Redis', () => {
  it('start the app in a fresh clone', async () => {
    const clone = makeClone();
    const database = await createDatabase(process.env['TEST_DATABASE_URL'] ?? '');
    const port = await freePort();
    // The servers are there already. What stands in the environment counts more than what stands in the file.
    const lines = ownServersCommands.split('\n').filter((line) => !line.startsWith('docker '));
    const shell = spawn('bash', ['-e'], {
      cwd: clone,
      detached: true,
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        DATABASE_URL: database.url,
        REDIS_URL: process.env['TEST_REDIS_ACL_URL'],
        PORT: String(port),
      },
    });
    const ended = once(shell, 'close');
    let written = '';
    for (const stream of [shell.stdout, shell.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => (written += text));
    }
    shell.stdin.end(lines.join('\n'));
    try {
      while (!written.includes('Paste this')) {
        if (shell.exitCode !== null) throw new Error(written);
        await setTimeout(50);
      }
      const answer = await fetch(`http://127.0.0.1:${port}/ready`);
      expect(await answer.json()).toMatchObject({ ready: true, state: 'normal', redis: 'up' });
    } finally {
      // The shell and what it has started are one group.
      if (shell.exitCode === null && shell.pid !== undefined) process.kill(-shell.pid, 'SIGTERM');
      await ended;
      await database.drop();
      rmSync(clone, { recursive: true, force: true });
    }
  }, 120_000);
});
