import type { IncomingMessage, ServerResponse } from 'node:http';
import { setWatch, watchedAnswer, type MaybeWatched, type WatchedAnswer } from '../http/note-decision.js';

/** Whether the answer to a request that was not decided is sent all the same; it has not begun yet. */
export type MaySend = (res: ServerResponse, status: number, body: unknown) => boolean;
/** What is sent instead. */
export interface ReplacementAnswer {
  readonly status: number;
  readonly statusMessage: string;
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>;
  readonly body: string;
}

/** What of the headers of the answer that is replaced stays: browsers must be able to read the new one. */
const keptHeader = /^(?:access-control-|vary$)/;

type Method<T> = (...args: readonly unknown[]) => T;
type Watched = ServerResponse & { readonly [watchedAnswer]?: UndecidedAnswer };

/**
 * The answer to one request, which is replaced if it begins before somebody has decided about the request. Everything that sends
 * goes through these four methods: `send`, `json`, `sendFile`, pipes, and what an error handler writes.
 */
export class UndecidedAnswer implements WatchedAnswer {
  #state: 'undecided' | 'sent' | 'replaced' = 'undecided';
  readonly #maySend: MaySend;
  readonly #replace: () => ReplacementAnswer;
  /** HTTP/2 has none. */
  readonly #hasStatusMessage: boolean;
  readonly writeHead: Method<ServerResponse>;
  readonly write: Method<boolean>;
  readonly end: Method<ServerResponse>;
  readonly flushHeaders: Method<void>;

  constructor(
    { httpVersionMajor }: IncomingMessage,
    res: ServerResponse,
    maySend: MaySend,
    replace: () => ReplacementAnswer,
  ) {
    this.#hasStatusMessage = httpVersionMajor < 2;
    this.#maySend = maySend;
    this.#replace = replace;
    this.writeHead = res.writeHead as Method<ServerResponse>;
    this.write = res.write as Method<boolean>;
    this.end = res.end as Method<ServerResponse>;
    this.flushHeaders = res.flushHeaders as Method<void>;
  }

  noteDecision(): void {
    if (this.#state === 'undecided') this.#state = 'sent';
  }

  /** Returns whether what the app sends goes out. The first time that it must not, the other answer is sent. */
  passes(res: ServerResponse, status: number, body?: unknown): boolean {
    if (this.#state === 'sent') return true;
    if (this.#state === 'replaced') return false;
    // Whatever fails from here on, the answer of the app does not go out.
    this.#state = 'replaced';
    if (res.headersSent || this.#maySend(res, status, body)) {
      this.#state = 'sent';
      return true;
    }
    const other = this.#replace();
    // Over HTTP/2, `end` calls `write`.
    this.#state = 'sent';
    try {
      this.#sendOther(res, other);
    } finally {
      this.#state = 'replaced';
    }
    return false;
  }

  /** Past the middleware that has wrapped these methods since: it expects the answer of the app. */
  #sendOther(res: ServerResponse, { status, statusMessage, headers, body }: ReplacementAnswer): void {
    for (const name of res.getHeaderNames()) if (!keptHeader.test(name)) res.removeHeader(name);
    for (const [name, value] of headers) res.setHeader(name, value);
    res.setHeader('Content-Length', Buffer.byteLength(body));
    res.statusCode = status;
    if (this.#hasStatusMessage) res.statusMessage = statusMessage;
    this.writeHead.call(res, status);
    this.end.call(res, body);
  }
}

/** Watches the answer to a request. */
export function watchAnswer(
  req: IncomingMessage,
  res: ServerResponse,
  maySend: MaySend,
  replace: () => ReplacementAnswer,
): void {
  const watched = res as ServerResponse & MaybeWatched;
  // Another one of them stands in front; it has the same effect.
  if (watched[watchedAnswer] !== undefined) return;
  setWatch(watched, new UndecidedAnswer(req, res, maySend, replace));
  res.writeHead = sendHead as ServerResponse['writeHead'];
  res.write = sendPart as ServerResponse['write'];
  res.end = sendEnd as ServerResponse['end'];
  res.flushHeaders = sendHeaders;
}

function getAnswer(res: Watched): UndecidedAnswer {
  const answer = res[watchedAnswer];
  if (answer === undefined) throw new TypeError('This response is not watched');
  return answer;
}

function sendHead(this: Watched, ...args: readonly unknown[]): ServerResponse {
  const answer = getAnswer(this);
  const [status] = args;
  return answer.passes(this, Number(status)) ? answer.writeHead.apply(this, args as never) : this;
}

function sendPart(this: Watched, ...args: readonly unknown[]): boolean {
  const answer = getAnswer(this);
  if (answer.passes(this, this.statusCode, args[0])) return answer.write.apply(this, args as never);
  callBack(args);
  return true;
}

function sendEnd(this: Watched, ...args: readonly unknown[]): ServerResponse {
  const answer = getAnswer(this);
  if (answer.passes(this, this.statusCode, args[0])) return answer.end.apply(this, args as never);
  callBack(args);
  return this;
}

function sendHeaders(this: Watched): void {
  const answer = getAnswer(this);
  if (answer.passes(this, this.statusCode)) answer.flushHeaders.call(this);
}

/** What waits until its part was sent must not wait for ever. */
function callBack(args: readonly unknown[]): void {
  const last = args.at(-1);
  if (typeof last === 'function') process.nextTick(last as () => void);
}
