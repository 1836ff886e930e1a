import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { testPepper } from './instance.js';

/** What an answer says, with how long it took. */
export interface TimedAnswer {
  readonly status: number;
  readonly code: string | undefined;
  readonly body: Record<string, unknown>;
  readonly milliseconds: number;
}

/** The app of `orders-process.ts`, running. */
export interface OrdersProcess {
  readonly url: string;
  readonly pid: number;
  /** All that it has written to its standard output and error. */
  output(): string;
  /** Sends a request as owner `alice` to the management side. */
  manage(method: string, path: string, body?: object): Promise<TimedAnswer>;
  /** Uses a key. */
  use(token: string, method?: 'GET' | 'POST'): Promise<TimedAnswer>;
  /** `SIGTERM`; resolves with the exit code. */
  stop(): Promise<number | null>;
  kill(): Promise<void>;
}

/** Starts the app on a database, with or without Redis, and waits until it listens. */
export async function startOrders(environment: {
  readonly DATABASE_URL: string;
  readonly REDIS_URL?: string;
}): Promise<OrdersProcess> {
  const child = fork(join(__dirname, 'orders-process.ts'), {
    execArgv: ['--import', 'tsx'],
    env: { PATH: process.env['PATH'], API_KEYS_PEPPER: testPepper, ...environment },
    silent: true,
  });
  const written: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => written.push(text));
  }
  const exited = once(child, 'exit');
  const early = exited.then(([code]) => {
    throw new Error(`the app ended with ${String(code)}:\n${written.join('')}`);
  });
  early.catch(() => undefined);
  const [message] = (await Promise.race([once(child, 'message'), early])) as [{ address: AddressInfo }];
  const url = `http://127.0.0.1:${message.address.port}`;

  async function send(path: string, init: RequestInit): Promise<TimedAnswer> {
    const started = performance.now();
    const response = await fetch(url + path, init);
    const text = await response.text();
    const milliseconds = performance.now() - started;
    const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
    return { status: response.status, code: body['code'] as string | undefined, body, milliseconds };
  }

  return {
    url,
    pid: child.pid ?? 0,
    output: () => written.join(''),
    manage: (method, path, body) =>
      send(`/api-keys${path}`, {
        method,
        headers: { 'X-Test-Owner': 'alice', 'Content-Type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    use: (token, method = 'GET') => send('/orders', { method, headers: { 'X-Api-Key': token } }),
    async stop() {
      child.kill('SIGTERM');
      const [code] = (await exited) as [number | null];
      return code;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
