import { CommandError } from '../command-error.js';
import { describeError } from '../describe-error.js';
import { describeProblem } from './describe-problem.js';

/** One request to the management API. */
export interface RemoteRequest {
  readonly method?: 'GET' | 'POST' | 'PATCH';
  /** Below the address of the router, from segments that are escaped here. */
  readonly path: readonly string[];
  /** Of {@link QueryValue}s: times are sent as RFC 3339, what is `undefined` is left out. */
  readonly query?: object;
  readonly body?: object;
  /** A name under which the change can be repeated without making it twice. */
  readonly idempotencyKey?: string;
}

/** What a condition can be. */
type QueryValue = string | number | boolean | Date | undefined;

/** Where the management API is, and what is sent as the credential. */
export interface RemoteAddress {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/** An answer that is no failure. */
export interface RemoteAnswer {
  readonly status: number;
  /** `null`: there is no such key or owner. */
  readonly body: unknown;
}

/** How long an answer may take, in milliseconds; verifying a long audit log takes minutes. */
const answerMs = 600_000;

/** Sends requests to the management API of an app. */
export class RemoteClient {
  readonly #address: RemoteAddress;

  constructor(address: RemoteAddress) {
    this.#address = address;
  }

  /**
   * Sends a request, and returns its answer as JSON; `null` where there is no such key or owner.
   *
   * @throws CommandError
   */
  async send(request: RemoteRequest): Promise<unknown> {
    return (await this.ask(request)).body;
  }

  /**
   * The same with the status of the answer.
   *
   * @throws CommandError
   */
  async ask(request: RemoteRequest): Promise<RemoteAnswer> {
    const response = await this.#fetch(request);
    const { status, ok } = response;
    const text = await readText(response);
    if (status === 404 && /"code":"not_found"/.test(text)) return { status, body: null };
    if (!ok) throw describeProblem(status, text);
    return { status, body: parseJson(text) };
  }

  /**
   * Sends a request whose answer is one JSON object on each line.
   *
   * @throws CommandError
   */
  async *readLines(request: RemoteRequest): AsyncGenerator<unknown> {
    const response = await this.#fetch(request);
    if (!response.ok) throw describeProblem(response.status, await readText(response));
    let rest = '';
    const decoder = new TextDecoder();
    try {
      for await (const chunk of response.body ?? []) {
        const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line !== '') yield parseJson(line);
      }
    } catch (error) {
      if (error instanceof CommandError) throw error;
      throw new CommandError(`The answer broke off: ${describeError(error)}.`);
    }
    if (rest !== '') yield parseJson(rest);
  }

  async #fetch({ method = 'GET', path, query = {}, body, idempotencyKey }: RemoteRequest): Promise<Response> {
    // They would lead elsewhere, escaped or not.
    if (path.some((segment) => /^\.{0,2}$/.test(segment))) throw new CommandError('This is no id.', 2);
    const url = new URL(this.#address.url);
    url.pathname = [url.pathname.replace(/\/$/, ''), ...path.map(encodeURIComponent)].join('/');
    for (const [name, value] of Object.entries(query) as [string, QueryValue][]) {
      if (value !== undefined)
        url.searchParams.append(name, value instanceof Date ? value.toISOString() : String(value));
    }
    try {
      return await fetch(url, {
        method,
        headers: {
          ...this.#address.headers,
          Accept: 'application/json',
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
          ...(idempotencyKey === undefined ? {} : { 'Idempotency-Key': idempotencyKey }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        // The credential is for this server alone.
        redirect: 'error',
        signal: AbortSignal.timeout(answerMs),
      });
    } catch (error) {
      throw new CommandError(`${url.origin} cannot be reached: ${describeError(error)}.`);
    }
  }
}

async function readText(response: Response): Promise<string> {
  try {
    return await response.text();
  } catch (error) {
    throw new CommandError(`The answer broke off: ${describeError(error)}.`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new CommandError(
      'The answer is not JSON. Is the address that of the router, as https://api.example.com/api-keys?',
    );
  }
}
