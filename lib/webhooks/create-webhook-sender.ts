import {
  Agent as HttpAgent,
  request as requestHttp,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import {
  WebhookSendError,
  type WebhookAnswer,
  type WebhookRequest,
  type WebhookSender,
} from '../ports/webhook-sender.js';
import { isPublicAddress } from './is-public-address.js';
import { createPublicLookup, notPublicReason } from './create-public-lookup.js';

/** How long connecting may take, with its name and TLS; in milliseconds. */
const connectMs = 5_000;
/** How long, and how much, of an answer is read behind its headers, for servers that expect it; in milliseconds and bytes. */
const drainMs = 1_000;
const drainBytes = 4_096;

/** What requests may do. */
export interface SenderSettings {
  readonly allowHttp: boolean;
  readonly allowPrivateNetworks: boolean;
  /** How long one request may take until its status is there, in milliseconds. */
  readonly timeoutMs: number;
}

/** Creates what sends webhooks: over TLS, to the internet only, without redirects, bounded in time and bytes. */
export function createWebhookSender(settings: SenderSettings): WebhookSender {
  const { allowHttp, allowPrivateNetworks, timeoutMs } = settings;

  function check(text: string): string | null {
    if (!URL.canParse(text)) return 'must be an absolute URL';
    const { protocol, username, password, hash, hostname } = new URL(text);
    const isHttp = protocol === 'http:' && allowHttp;
    if (protocol !== 'https:' && !isHttp) return 'must begin with https://';
    if (username !== '' || password !== '') return 'must not contain a user name or a password';
    if (hash !== '') return 'must not have a fragment';
    const address = hostname.replace(/^\[|\]$/g, '');
    // No name is resolved for an address, so it has to be looked at here.
    if (!allowPrivateNetworks && isIP(address) !== 0 && !isPublicAddress(address)) {
      return 'must not be an address that is not public';
    }
    return null;
  }

  function send({ url, headers, body, signal }: WebhookRequest): Promise<WebhookAnswer> {
    const problem = check(url);
    if (problem !== null) return Promise.reject(new WebhookSendError(`its URL ${problem}`));
    return new Promise((resolve, reject) => {
      const target = new URL(url);
      const isHttp = target.protocol === 'http:';
      const options: RequestOptions = {
        method: 'POST',
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
        // A connection of its own: what was checked is what it is made to. The agent is one of Node.js, also where the app has
        // replaced the global one, which may connect to a proxy.
        agent: isHttp ? new HttpAgent() : new HttpsAgent(),
        ...(allowPrivateNetworks ? {} : { lookup: createPublicLookup() }),
      };
      const request = (isHttp ? requestHttp : requestHttps)(target, options);
      const giveUp = (reason: string): void => void request.destroy(new WebhookSendError(reason));
      const connecting = setTimeout(() => giveUp('it could not be connected to in time'), connectMs);
      const answering = setTimeout(() => giveUp('it did not answer in time'), timeoutMs);
      // Not `AbortSignal.any`: what that adds to a signal that lives as long as the process stays with it.
      const stop = (): void => giveUp('this process stops');
      signal.addEventListener('abort', stop, { once: true });
      const endWaiting = (): void => {
        clearTimeout(connecting);
        clearTimeout(answering);
        signal.removeEventListener('abort', stop);
      };
      request.once('socket', (socket) => {
        socket.once('connect', () => {
          if (allowPrivateNetworks || isPublicAddress(socket.remoteAddress ?? '')) return;
          giveUp(notPublicReason);
        });
        socket.once(isHttp ? 'connect' : 'secureConnect', () => clearTimeout(connecting));
      });
      // Once there is a status, nothing that follows it changes anything.
      let hasStatus = false;
      request.on('error', (error: NodeJS.ErrnoException) => {
        endWaiting();
        if (!hasStatus) reject(toSendError(error));
      });
      // Without an answer and without an error: Node.js ends a request whose protocol is switched so.
      request.once('close', () => {
        endWaiting();
        if (!hasStatus) reject(new WebhookSendError('it ended the connection without an answer'));
      });
      request.once('response', (response) => {
        endWaiting();
        hasStatus = true;
        const { statusCode: status = 0 } = response;
        const retryAfter = response.headers['retry-after'] ?? null;
        void drain(response).then(() => resolve({ status, retryAfter }));
      });
      if (signal.aborted) stop();
      request.end(body);
    });
  }

  return { check, send };
}

/** Reads a little of an answer and ends the connection. What happens after the status changes nothing. */
function drain(response: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let bytes = 0;
    const end = (): void => {
      clearTimeout(timer);
      response.destroy();
      resolve();
    };
    const timer = setTimeout(end, drainMs);
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > drainBytes) end();
    });
    response.on('error', () => undefined);
    response.once('close', end);
  });
}

function toSendError(error: NodeJS.ErrnoException): WebhookSendError {
  if (error instanceof WebhookSendError) return error;
  // The code only: a message can contain what a server has sent.
  const { code } = error;
  return new WebhookSendError(
    typeof code === 'string' ? `the request failed (${code})` : 'the request failed',
  );
}
