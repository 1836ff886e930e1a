import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { installTools } from '../../harness/install-tools.js';
import type { DeribitKey } from '../deribit-app.js';

/** The credentials of a bot. */
export type BotKey = Pick<DeribitKey, 'client_id' | 'client_secret'>;

/** What a bot got for a call. */
export interface BotOutcome<T = unknown> {
  /** What the method of ccxt returned; absent when it threw. */
  readonly answer?: T;
  /** The class of the error of ccxt. */
  readonly error?: string;
  /** Its message, which ends with the answer of the server. */
  readonly message?: string;
  /** The header that the bot signed its request with. */
  readonly authorization?: string;
}

/** The class `deribit` of ccxt in a process of its own. */
export interface Bots {
  /** Lets a new bot for each of the keys call a method, all at the same time. A key that is left out: a bot without one. */
  callAtOnce<T>(
    keys: readonly (BotKey | undefined)[],
    method: string,
    params?: object,
  ): Promise<readonly BotOutcome<T>[]>;
  stop(): Promise<void>;
}

/** Installs ccxt where it is not yet, and starts it. @param url - what the paths of Deribit's API are appended to */
export async function startBots(url: string): Promise<Bots> {
  const folder = await installTools('ccxt', join(__dirname, 'package.json'));
  const child = fork(join(__dirname, 'bots.mjs'), {
    env: { PATH: process.env['PATH'], CLIENT_CONFIG: JSON.stringify({ folder, url }) },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const answers = new Map<number, (outcomes: readonly BotOutcome[]) => void>();
  let calls = 0;
  let fail: (error: Error) => void = () => {};
  const failed = new Promise<never>((_resolve, reject) => (fail = reject));
  failed.catch(() => {});
  child.on('message', ({ id, outcomes }: { id: number; outcomes: readonly BotOutcome[] }) =>
    answers.get(id)?.(outcomes),
  );
  child.on('exit', (code) => fail(new Error(`ccxt has ended with ${code}`)));
  return {
    async callAtOnce<T>(keys: readonly (BotKey | undefined)[], method: string, params: object = {}) {
      const id = (calls += 1);
      const outcomes = new Promise<readonly BotOutcome[]>((resolve) => answers.set(id, resolve));
      child.send({ id, keys: keys.map((key) => key ?? {}), method, params });
      return (await Promise.race([outcomes, failed])) as readonly BotOutcome<T>[];
    },
    async stop() {
      if (child.connected) child.disconnect();
      await exited;
    },
  };
}
