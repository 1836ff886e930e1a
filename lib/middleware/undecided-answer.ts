import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import { setWatch, watchedAnswer, type MaybeWatched, type WatchedAnswer } from '../http/note-decision.js';
import { callBack } from './call-back.js';
import { watchStream } from './undecided-stream.js';

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
 * goes through these four methods: `send`, `json`, `sendFile`, pipes, and what an error handler writes. Early hints go out before an
 * answer; what goes straight into a stream of HTTP/2 is watched there.
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
  readonly writeEarlyHints: Method<unknown>;

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
    this.writeEarlyHints = res.writeEarlyHints as Method<unknown>;
  }

  /** Whether the answer of the app goes out; `false` as well while nothing is decided. */
  get isSent(): boolean {
    return this.#state === 'sent';
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
    return this.#decide(res, res.headersSent || this.#maySend(res, status, body));
  }

  /** The same for what goes past the response, whose headers say nothing about it: only a decision lets that through. */
  passesAround(res: ServerResponse): boolean {
    if (this.#state === 'sent') return true;
    if (this.#state === 'replaced') return false;
    this.#state = 'replaced';
    return this.#decide(res, res.headersSent);
  }

  /** Whether early hints go out. They decide nothing about the answer. */
  passesHints(res: ServerResponse): boolean {
    return this.#state === 'undecided' ? this.#maySend(res, 103, undefined) : this.#state === 'sent';
  }

  #decide(res: ServerResponse, maySend: boolean): boolean {
    if (maySend) {
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
  const answer = new UndecidedAnswer(req, res, maySend, replace);
  setWatch(watched, answer);
  res.writeHead = sendHead as ServerResponse['writeHead'];
  res.write = sendPart as ServerResponse['write'];
  res.end = sendEnd as ServerResponse['end'];
  res.flushHeaders = sendHeaders;
  res.writeEarlyHints = sendHints;
  if (req.httpVersionMajor < 2) return;
  // Adapters may have requests of HTTP/2 without its streams.
  const { stream } = res as Partial<Pick<Http2ServerResponse, 'stream'>>;
  if (typeof stream?.respond === 'function') watchStream(stream, res, answer);
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

function sendHints(this: Watched, ...args: readonly unknown[]): unknown {
  const answer = getAnswer(this);
  if (answer.passesHints(this)) return answer.writeEarlyHints.apply(this, args as never);
  callBack(args);
  return false;
}
