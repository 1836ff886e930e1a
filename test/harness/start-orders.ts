import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { AnswerChecker } from '../admin/answer-checker.js';
import type { ApiDocument } from '../admin/api-document.js';
import { expectNoMismatch } from '../admin/expect-no-mismatch.js';
import { buildCopy, type BuiltCopy } from './built-copy.js';
import { testPepper } from './instance.js';

/** What an answer says, with how long it took. */
export interface TimedAnswer {
  readonly status: number;
  readonly code: string | undefined;
  readonly body: Record<string, unknown>;
  readonly milliseconds: number;
}

/** The commands of the test that has started the app; it answers when it is done. */
export type OrdersCommand =
  /** Sets the app's clock so far ahead of the machine's, in milliseconds. */
  | { readonly command: 'set-clock'; readonly aheadMs: number }
  /** Blocks the event loop; the answer comes first. */
  | { readonly command: 'block'; readonly milliseconds: number }
  /** Terminates every worker thread, whatever it is doing. */
  | { readonly command: 'end-workers' }
  /** Verifies a token so many times at once, without HTTP. */
  | { readonly command: 'verify'; readonly token: string; readonly times: number }
  /** Listens to the changes of a key from then on. */
  | { readonly command: 'listen'; readonly keyId: string }
  /** Does nothing. */
  | { readonly command: 'report' };

/** What the app says to every command. */
export interface OrdersAnswer {
  readonly workersStarted: number;
  /** Messages to worker threads: one for each bcrypt. */
  readonly workerQuestions: number;
  /** `allowed` or a code, for each verification that was asked for. */
  readonly verdicts: readonly string[];
  /** Actions that listeners were notified of, oldest first; `anything` when the process does not know what has changed. */
  readonly heard: readonly string[];
}

/** The app of `orders-process.ts`, running. */
export interface OrdersProcess {
  readonly url: string;
  readonly pid: number;
  /** All that it has written to its standard output and error. */
  output(): string;
  /** Sends a request as owner `alice` to the management side. */
  manage(method: string, path: string, body?: object, headers?: Record<string, string>): Promise<TimedAnswer>;
  /** Uses a key, or an access token. */
  use(token: string, method?: 'GET' | 'POST'): Promise<TimedAnswer>;
  /** Makes a child of a key. */
  makeChild(token: string, body: object): Promise<TimedAnswer>;
  /** Exchanges a key for an access token. */
  exchange(key: string): Promise<TimedAnswer>;
  /** Takes an access token of a key back. */
  takeBack(key: string, accessToken: string): Promise<TimedAnswer>;
  /** What `apiKeys.status()` says. */
  status(): Promise<Record<string, unknown>>;
  tell(command: OrdersCommand): Promise<OrdersAnswer>;
  /** `SIGSTOP` and `SIGCONT`. */
  pause(): void;
  resume(): void;
  /** `SIGTERM`; resolves with the exit code. */
  stop(): Promise<number | null>;
  kill(): Promise<void>;
  /** Whether it has exited, however. */
  hasEnded(): boolean;
}

/** What the app reads from its environment. */
export interface OrdersEnvironment {
  readonly DATABASE_URL: string;
  readonly REDIS_URL?: string;
  readonly REDIS_KEY_PREFIX?: string;
  /** Absent: the pepper of the tests. A list is separated by commas. */
  readonly API_KEYS_PEPPER?: string;
  readonly LEASE_SECONDS?: string;
  /** `cache.quietAfterSeconds`. */
  readonly QUIET_AFTER_SECONDS?: string;
  /** `off`: no keys are held in process. */
  readonly LOCAL_CACHE?: string;
  /** `deny`: keys with limits are refused while Redis is away. */
  readonly ON_LIMITER_OUTAGE?: string;
}

/** Longer than anything that a test waits for. */
const requestDeadlineMs = 15_000;

/** Every one of these apps has the same admin router, so that the document of one of them is the document of all. */
let checker: AnswerChecker | undefined;

let ownCopy: BuiltCopy | undefined;
afterAll(() => ownCopy?.remove());

/**
 * Starts the app on a database, with or without Redis, and waits until it listens.
 *
 * @param copy - the product to run; absent: the sources as they are
 */
export async function startOrders(environment: OrdersEnvironment, copy?: BuiltCopy): Promise<OrdersProcess> {
  const { ordersProgram } = copy ?? (ownCopy ??= buildCopy());
  const child = fork(ordersProgram, {
    execArgv: [],
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
  const nextMessage = async <T>(): Promise<T> => {
    const [message] = (await Promise.race([once(child, 'message'), early])) as [T];
    return message;
  };
  const { address } = await nextMessage<{ address: AddressInfo }>();
  const url = `http://127.0.0.1:${address.port}`;

  if (checker === undefined) {
    const document = await fetch(`${url}/api-keys/openapi.json`);
    checker = new AnswerChecker((await document.json()) as ApiDocument);
  }

  async function manage(method: string, path: string, init: RequestInit): Promise<TimedAnswer> {
    const answer = await send(`/api-keys${path}`, { ...init, method });
    const { status, headers, text: body } = answer;
    const mismatch = checker?.mismatch({ method, path: path.split('?')[0] ?? '', status, headers, body });
    if (typeof mismatch === 'string') expectNoMismatch(mismatch);
    return answer;
  }

  async function send(
    path: string,
    init: RequestInit,
  ): Promise<TimedAnswer & { readonly headers: Record<string, string>; readonly text: string }> {
    const started = performance.now();
    const response = await fetch(url + path, { ...init, signal: AbortSignal.timeout(requestDeadlineMs) });
    const text = await response.text();
    const milliseconds = performance.now() - started;
    const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
    const headers = Object.fromEntries(response.headers);
    return {
      status: response.status,
      code: body['code'] as string | undefined,
      body,
      milliseconds,
      headers,
      text,
    };
  }

  const post = (path: string, form: Record<string, string>): Promise<TimedAnswer> =>
    send(path, { method: 'POST', body: new URLSearchParams(form) });

  return {
    url,
    pid: child.pid ?? 0,
    output: () => written.join(''),
    manage: (method, path, body, headers = {}) =>
      manage(method, path, {
        headers: { 'X-Test-Owner': 'alice', 'Content-Type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    use: (token, method = 'GET') => send('/orders', { method, headers: headerFor(token) }),
    makeChild: (token, body) =>
      send('/partner/keys', {
        method: 'POST',
        headers: { ...headerFor(token), 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      }),
    exchange: (key) => post('/oauth/token', { grant_type: 'client_credentials', client_secret: key }),
    takeBack: (key, token) => post('/oauth/revoke', { client_secret: key, token }),
    status: async () => (await send('/status', {})).body,
    async tell(command) {
      child.send(command);
      return nextMessage<OrdersAnswer>();
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    async stop() {
      child.kill('SIGCONT');
      child.kill('SIGTERM');
      const [code] = (await exited) as [number | null];
      return code;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
  };
}

/** Access tokens are JWTs, which begin so. */
function headerFor(token: string): Record<string, string> {
  return token.startsWith('eyJ') ? { Authorization: `Bearer ${token}` } : { 'X-Api-Key': token };
}
