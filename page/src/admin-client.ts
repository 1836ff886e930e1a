import { noteServerTime } from './server-time.js';

/** What is wrong about one field that was sent. */
export interface FieldProblem {
  readonly field: string;
  readonly message: string;
}

/** A refusal of the router: its problem (RFC 9457). */
export interface Problem {
  readonly status: number;
  readonly code: string;
  /** What was sent wrongly, by field. */
  readonly fields: readonly FieldProblem[];
  /** A code of a second factor can be sent for it. */
  readonly challengeId: string | null;
  readonly retryAfterSeconds: number | null;
}

/** A request that the router refused; the message is the sentence for people, and may be empty. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(detail: string, problem: Problem) {
    super(detail);
    this.problem = problem;
  }
}

/** No answer came: the network, or the server, cannot be reached. A change may have been made or not. */
export class OfflineError extends Error {}

/** The person closed the dialog that asked for a second factor. Nothing was changed. */
export class CancelledError extends Error {}

export interface SendOptions {
  readonly body?: object;
  /** The version that the change is about: 412 if somebody else has changed the key meanwhile. */
  readonly version?: number;
  /** One name for all tries of one intention, so that it is done once. */
  readonly attempt?: string;
  readonly signal?: AbortSignal;
}

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

/** What the client needs of the person. */
export interface Person {
  /** Asks for the code of a second factor; `null`: cancelled. */
  readonly askForCode: (problem: ProblemError) => Promise<string | null>;
  /** The router does not know who is signed in. */
  readonly onSignedOut: () => void;
}

/** Calls the admin router, as the person who is signed in in the host page. */
export class AdminClient {
  readonly base: string;
  readonly #getToken: (() => Promise<string>) | null;
  readonly #person: Person;

  constructor(base: string, getToken: (() => Promise<string>) | null, person: Person) {
    this.base = base;
    this.#getToken = getToken;
    this.#person = person;
  }

  /** @throws ProblemError, OfflineError or CancelledError */
  async get<T>(path: string, query: Readonly<Record<string, string>> = {}, signal?: AbortSignal): Promise<T> {
    const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''));
    const target = search.size === 0 ? path : `${path}?${search}`;
    return (await this.send<T>('GET', target, signal === undefined ? {} : { signal })).body;
  }

  /** Sends a request, and again with a code where a second factor is required. @throws as `get` */
  async send<T>(method: string, path: string, options: SendOptions = {}): Promise<Answer<T>> {
    let extra: Record<string, string> = {};
    for (;;) {
      try {
        return await this.#sendOnce<T>(method, path, options, extra);
      } catch (error) {
        const challengeId = error instanceof ProblemError ? error.problem.challengeId : null;
        if (!(error instanceof ProblemError) || challengeId === null) throw error;
        const code = await this.#person.askForCode(error);
        if (code === null) throw new CancelledError();
        extra = { 'Step-Up-Challenge': challengeId, 'Step-Up-Code': code };
      }
    }
  }

  async #sendOnce<T>(
    method: string,
    path: string,
    { body, version, attempt, signal }: SendOptions,
    extra: Readonly<Record<string, string>>,
  ): Promise<Answer<T>> {
    const headers: Record<string, string> = { Accept: 'application/json', ...extra };
    if (this.#getToken !== null) headers['Authorization'] = `Bearer ${await this.#getToken()}`;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (version !== undefined) headers['If-Match'] = `"${version}"`;
    if (attempt !== undefined) headers['Idempotency-Key'] = attempt;
    const answer = await this.#fetchAnswer(path, {
      method,
      headers,
      // A redirect would be that of a sign-in page: never follow it with a change.
      ...{ credentials: 'same-origin', cache: 'no-store', redirect: 'manual' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
    noteServerTime(answer.headers.get('Date'));
    const result = await readJson(answer);
    if (answer.ok && isObject(result)) return { status: answer.status, body: result as T };
    const problem = toProblem(answer, result);
    if (problem.problem.status === 401) this.#person.onSignedOut();
    throw problem;
  }

  async #fetchAnswer(path: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(`${this.base}${path}`, init);
    } catch (error) {
      if (init.signal?.aborted === true) throw error;
      throw new OfflineError('', { cause: error });
    }
  }
}

/** A fresh name for one intention; `crypto.randomUUID` is missing on pages without HTTPS. */
export function makeAttempt(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The body of an answer; `null` for anything but JSON, such as a page of a proxy or a sign-in. */
async function readJson(answer: Response): Promise<unknown> {
  try {
    return (await answer.json()) as unknown;
  } catch {
    return null;
  }
}

function toProblem(answer: Response, result: unknown): ProblemError {
  const problem = isObject(result) ? result : {};
  const challenge = isObject(problem['challenge']) ? problem['challenge']['id'] : null;
  const fields = Array.isArray(problem['errors']) ? problem['errors'].filter(isObject) : [];
  const retryAfter = Number(answer.headers.get('Retry-After') ?? NaN);
  // A redirect that is not followed is that of an app that sends people to its sign-in.
  const status = answer.type === 'opaqueredirect' ? 401 : answer.ok ? 502 : answer.status;
  return new ProblemError(typeof problem['detail'] === 'string' ? problem['detail'] : '', {
    status,
    code: typeof problem['code'] === 'string' ? problem['code'] : '',
    fields: fields.map(({ field, message }) => ({ field: String(field), message: String(message) })),
    challengeId: typeof challenge === 'string' ? challenge : null,
    retryAfterSeconds: Number.isFinite(retryAfter) ? retryAfter : null,
  });
}
