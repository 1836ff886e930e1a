import type { Request } from 'express';
import { escapeJson } from '../../../http/escape-json.js';
import { toProblem } from '../../../http/to-problem.js';
import type { ApiKeysError } from '../../../errors.js';
import { toTokenCredential } from '../../credential-reader.js';
import { maxRequestBytes } from '../../request-limit.js';
import type { DialectAnswer } from '../../send-answer.js';
import { answerDeribitError } from '../answer-error.js';
import { createCallMethod, type CallMethod } from '../call-method.js';
import type { AuthenticateCaller } from '../deribit-method.js';
import type { SharedDeribitParts } from '../deribit-parts.js';
import { readOptionalParam, readString } from '../read-param.js';
import type { ConnectionCounts } from './connection-counts.js';
import { createConnectionMethods } from './connection-methods.js';
import { ConnectionSession } from './connection-session.js';
import { Heartbeat } from './heartbeat.js';
import type { WsSocket } from './load-ws.js';
import { createMessageCall } from './message-call.js';
import type { ResolvedWebSocketOptions } from './web-socket-options.js';

/** Codes of RFC 6455 section 7.4.1. */
const closeCodes = { normal: 1000, goingAway: 1001, unsupported: 1003, policy: 1008 } as const;
/** How long a client may take to answer a close frame, in milliseconds. */
const closeTimeoutMs = 5000;
/** How long a client may leave an answer unread, in milliseconds; never longer than it may be idle. */
const readTimeoutMs = 30_000;
/** How many characters of requests wait before the client is not read from. */
const maxWaitingLength = 4 * maxRequestBytes;
/** How many bytes of answers to pings and of notifications wait, for a client that does not read. */
const maxUnsentBytes = 1024 * 1024;

/** The dependencies of one connection. */
export interface ConnectionParts {
  readonly shared: SharedDeribitParts;
  readonly options: ResolvedWebSocketOptions;
  readonly perKey: ConnectionCounts;
  /** The request of the upgrade. */
  readonly req: Request;
  readonly socket: WsSocket;
  readonly onClosed: () => void;
}

/**
 * One connection. Its requests are executed one after the other, and the next one only when the answer was written: a client that
 * does not read, or sends faster than it is answered, is not read from. One that leaves an answer unread for long is disconnected.
 */
export class DeribitConnection {
  readonly #parts: ConnectionParts;
  readonly #session: ConnectionSession;
  readonly #heartbeat: Heartbeat;
  readonly #callMethod: CallMethod;
  readonly #waiting: string[] = [];
  #waitingLength = 0;
  readonly #idleTimer: NodeJS.Timeout;
  #loginTimer: NodeJS.Timeout | undefined;
  #isRunning = false;
  #isClosing = false;
  #isRevoked = false;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    const { shared, options, perKey, socket } = parts;
    this.#session = new ConnectionSession(shared, perKey, {
      onBegin: () => this.#stopAwaitingLogin(),
      onEnd: () => this.#awaitLogin(),
      onRevoked: () => this.#closeAfterAnswer(),
    });
    this.#heartbeat = new Heartbeat({
      notify: (type) => this.#notify(type),
      onSilence: () => this.close('policy', 'no answer to test_request'),
    });
    const ofConnection = createConnectionMethods({
      session: this.#session,
      heartbeat: this.#heartbeat,
      leave: () => this.close('normal', 'logout'),
    });
    this.#callMethod = createCallMethod({
      ...shared,
      methods: [...shared.methods, ...ofConnection],
      authenticate: this.#authenticate,
    });
    this.#idleTimer = setTimeout(() => this.close('policy', 'idle'), options.idleSeconds * 1000).unref();
    this.#awaitLogin();
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('pong', () => this.#idleTimer.refresh());
    socket.on('ping', () => {
      this.#idleTimer.refresh();
      // ws answers pings by itself, in its older versions without a bound.
      if (socket.bufferedAmount > maxUnsentBytes) socket.terminate();
    });
    socket.on('close', () => void this.#end());
    // It is followed by close.
    socket.on('error', () => undefined);
  }

  /** Closes the connection; the client has a few seconds to agree. */
  close(code: keyof typeof closeCodes, reason: string): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    const { socket } = this.#parts;
    socket.resume();
    socket.close(closeCodes[code], reason);
    setTimeout(() => socket.terminate(), closeTimeoutMs).unref();
  }

  /** The answer that is on its way is still sent: it may be that to the request that has revoked the key. */
  #closeAfterAnswer(): void {
    this.#isRevoked = true;
    if (!this.#isRunning) this.close('policy', 'unauthorized');
  }

  #receive(data: Buffer, isBinary: boolean): void {
    if (this.#isClosing) return;
    if (isBinary) {
      this.close('unsupported', 'send text');
      return;
    }
    this.#idleTimer.refresh();
    this.#heartbeat.hear();
    const { maxQueuedRequests } = this.#parts.options;
    // What was received with the last one that fits is still delivered.
    if (this.#waiting.length >= 2 * maxQueuedRequests || this.#waitingLength >= 2 * maxWaitingLength) {
      this.close('policy', 'too many requests');
      return;
    }
    const text = data.toString();
    this.#waiting.push(text);
    this.#waitingLength += text.length;
    if (this.#waiting.length >= maxQueuedRequests || this.#waitingLength >= maxWaitingLength) {
      this.#parts.socket.pause();
    }
    if (!this.#isRunning) void this.#run();
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    this.#isRunning = true;
    for (let text = this.#waiting.shift(); text !== undefined; text = this.#waiting.shift()) {
      this.#waitingLength -= text.length;
      const answer = await this.#answer(text);
      if (this.#isClosing) break;
      await this.#send(answer);
      if (this.#isRevoked) this.close('policy', 'unauthorized');
      if (this.#isClosing) break;
      if (this.#waiting.length === 0) this.#parts.socket.resume();
    }
    this.#isRunning = false;
  }

  async #answer(text: string): Promise<object> {
    const { shared, req } = this.#parts;
    const { host, options } = shared;
    const call = createMessageCall(req, text, host);
    try {
      return toMessage(await this.#callMethod(call, null));
    } catch (thrown) {
      const error = toProblem(thrown);
      host.reportError('the Deribit WebSocket', error);
      return toMessage(await answerDeribitError(error, call, options.testnet));
    }
  }

  /** Authenticates a private method by its own token, or by that of the connection, which is checked each time. */
  readonly #authenticate: AuthenticateCaller = async (call, params, called) => {
    const { callers } = this.#parts.shared;
    const own = readOptionalParam(params, 'access_token', readString) ?? '';
    const { accessToken } = this.#session;
    const token = own === '' ? accessToken : own;
    if (token === null) return callers.authenticate(call, { kind: 'none' }, called);
    try {
      const caller = await callers.authenticate(call, toTokenCredential(token), called);
      this.#stopAwaitingLogin();
      return caller;
    } catch (error) {
      const isRefused = error instanceof Error && (error as Partial<ApiKeysError>).status === 401;
      if (isRefused && token === this.#session.accessToken) this.#session.end();
      throw error;
    }
  };

  #stopAwaitingLogin(): void {
    clearTimeout(this.#loginTimer);
    this.#loginTimer = undefined;
  }

  #awaitLogin(): void {
    if (this.#loginTimer !== undefined) return;
    const { authenticateWithinSeconds } = this.#parts.options;
    this.#loginTimer = setTimeout(
      () => this.close('policy', 'not authenticated'),
      authenticateWithinSeconds * 1000,
    ).unref();
  }

  #notify(type: string): void {
    const isUnread = this.#parts.socket.bufferedAmount > maxUnsentBytes;
    if (this.#isClosing || isUnread) return;
    void this.#send({ jsonrpc: '2.0', method: 'heartbeat', params: { type } });
  }

  /** Resolves when it was written, or cannot be: a client that does not read it in time is disconnected. */
  #send(message: object): Promise<void> {
    const { socket, options } = this.#parts;
    const timeoutMs = Math.min(readTimeoutMs, options.idleSeconds * 1000);
    const timer = setTimeout(() => socket.terminate(), timeoutMs).unref();
    return new Promise((resolve) => {
      socket.send(escapeJson(message), () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  async #end(): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#idleTimer);
    this.#stopAwaitingLogin();
    this.#heartbeat.stop();
    this.#waiting.length = 0;
    this.#waitingLength = 0;
    await this.#session.close();
    this.#parts.onClosed();
  }
}

/** A message has neither status nor headers; the time from which all processes see a change is a member of it. */
function toMessage({ body, headers = {} }: DialectAnswer): object {
  const effectiveBy = headers['Effective-By'];
  return effectiveBy === undefined ? body : { ...body, effectiveBy };
}
