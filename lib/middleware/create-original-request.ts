import type { Request } from 'express';
import { ApiKeysError } from '../errors.js';
import { readBodyPresence } from '../http/body-presence.js';
import { isHeaderName } from '../http/is-header-name.js';
import type { TrustProxy } from '../http/is-anyone-trusted.js';
import { readRawBody } from '../http/read-raw-body.js';
import { setRequestSource } from '../http/request-source.js';

/** The proxies that ask about the requests of their clients. */
export type ForwardingProxy = 'nginx' | 'haproxy' | 'traefik' | 'caddy' | 'envoy';

/** The headers in which a proxy sends what its client has called, in lower case. */
interface OriginalHeaders {
  readonly method: string;
  readonly uri: string;
}

/** The names that are usual with nginx, where the operator writes them. */
const original: OriginalHeaders = { method: 'x-original-method', uri: 'x-original-uri' };
const forwarded: OriginalHeaders = { method: 'x-forwarded-method', uri: 'x-forwarded-uri' };

const headersOf: Readonly<Record<ForwardingProxy, OriginalHeaders | null>> = {
  nginx: original,
  haproxy: original,
  traefik: forwarded,
  caddy: forwarded,
  // It asks with the method, the path and the host of the client.
  envoy: null,
};

/** Methods whose requests have no body, or one without a meaning (RFC 9110 section 9.3). */
const bodilessMethods: readonly string[] = ['GET', 'HEAD', 'DELETE', 'OPTIONS'];

/**
 * Creates the request that a proxy asks about from the one with which it asks: a guard decides about it, and the log of refused
 * requests shows it. Address, protocol and credentials are read as Express reads them.
 *
 * @throws ApiKeysError `internal_error` when the proxy is not trusted, or sends no method or path: what its client wrote into
 * these headers must not count; `invalid_request` for a method that is none
 */
export function createOriginalRequest(req: Request, proxy: ForwardingProxy): Request {
  const names = headersOf[proxy];
  const method = names === null ? req.method : readFromProxy(req, names.method);
  const target = names === null ? req.url : readFromProxy(req, names.uri);
  if (!/^[A-Z][A-Z-]{0,31}$/.test(method)) {
    throw new ApiKeysError('invalid_request', { detail: 'Send a method in capital letters.' });
  }
  const host = names === null ? req.headers.host : (req.headers['x-forwarded-host'] ?? req.headers.host);
  const calledHost = typeof host === 'string' ? host : '';
  const originalRequest = {
    method,
    url: target,
    originalUrl: target,
    baseUrl: '',
    path: target.split(/[?#]/, 1)[0] ?? '',
    protocol: req.protocol,
    headers: { ...req.headers, host: calledHost },
    // Adapters of platforms make requests without raw lines.
    rawHeaders: replaceHost((req as { rawHeaders?: readonly string[] }).rawHeaders ?? [], calledHost),
    httpVersionMajor: 1,
    socket: req.socket,
    ip: req.ip,
    app: req.app,
  };
  setRequestSource(originalRequest, {
    identity: req,
    hasCalledPath: true,
    bodyPresence: () => (bodilessMethods.includes(method) ? readBodyPresence(req) : 'unknown'),
    readBody: (maxBytes) => readForwardedBody(req, maxBytes),
  });
  return originalRequest as unknown as Request;
}

function readFromProxy(req: Request, name: string): string {
  if (!isFromTrustedProxy(req)) {
    throw createConfigurationError(
      `the request comes from ${req.socket.remoteAddress ?? 'a Unix socket'}, which is no trusted proxy, so ${name} does not count. ` +
        "Name the proxy in app.set('trust proxy', …)",
    );
  }
  const value = req.headers[name];
  if (typeof value === 'string' && value !== '') return value;
  throw createConfigurationError(`the proxy sent no ${name}. Let it set this header, or name another proxy`);
}

function isFromTrustedProxy(req: Request): boolean {
  const isTrusted = req.app.get('trust proxy fn') as TrustProxy;
  try {
    return Boolean(isTrusted(req.socket.remoteAddress ?? '', 0));
  } catch {
    return false;
  }
}

/** A body that the proxy did not pass on may be there all the same, so no signature can be checked. */
function readForwardedBody(req: Request, maxBytes: number): Promise<Uint8Array> {
  if (readBodyPresence(req) !== 'none') return readRawBody(req, maxBytes);
  const detail = 'Sign requests without a body only: the proxy asks about this one without its body.';
  return Promise.reject(new ApiKeysError('invalid_request', { detail }));
}

function replaceHost(rawHeaders: readonly string[], host: string): string[] {
  return rawHeaders.map((value, index) =>
    index % 2 === 1 && isHeaderName(rawHeaders[index - 1] ?? '', 'host') ? host : value,
  );
}

function createConfigurationError(reason: string): ApiKeysError {
  return new ApiKeysError('internal_error', { cause: new Error(`forwardAuthRouter: ${reason}.`) });
}
