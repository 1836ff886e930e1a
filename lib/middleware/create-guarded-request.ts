import type { Request } from 'express';
import { InvalidOptionError } from '../errors.js';
import { setRequestSource } from '../http/request-source.js';
import type { VerifyRequestOptions } from '../http/verify-request-options.js';
import { findBody } from './given-body.js';
import { readGivenHeaders } from './read-given-headers.js';

/** What the app knows about a request besides what it was passed. */
interface KnownAboutRequest {
  /** The caller's address in canonical form; `null` when it is not known. */
  readonly address: string | null;
  readonly body: VerifyRequestOptions<string, string>['body'];
}

/** The members of requests of any platform; all of them may be missing or of another kind. */
interface AnyRequest {
  readonly headers?: unknown;
  readonly rawHeaders?: unknown;
  readonly method?: unknown;
  readonly url?: unknown;
  /** In Express, the `url` before routers took the paths away where they are mounted. */
  readonly originalUrl?: unknown;
  readonly httpVersionMajor?: unknown;
  /** The Lambda event, which lists repeated headers. */
  readonly apiGateway?: unknown;
  readonly socket?: { readonly encrypted?: unknown } | null;
}

/** No proxy is trusted: the app passes the address itself. */
const isTrusted = (): boolean => false;
const app = { get: (setting: string) => (setting === 'trust proxy fn' ? isTrusted : undefined) };

/**
 * Creates, from a request of any platform, one that a guard can decide about. The original is not changed.
 *
 * @param what - the function that takes it, for messages
 * @throws InvalidOptionError for what is no request
 */
export function createGuardedRequest(
  what: string,
  given: unknown,
  { address, body }: KnownAboutRequest,
): Request {
  if (typeof given !== 'object' || given === null || !('headers' in given)) {
    throw new InvalidOptionError(
      `${what}: takes a request, for example the one of Node or of fetch, or { headers: req.headers, method: 'GET', url: '/orders' }`,
    );
  }
  const request: AnyRequest = given;
  const { headers, rawHeaders, headersDistinct } = readGivenHeaders(
    what,
    request.headers,
    request.rawHeaders,
  );
  const url = readUrl(request);
  if (url.host !== null && headers.host === undefined) {
    headers.host = url.host;
    if (rawHeaders.length > 0) rawHeaders.push('Host', url.host);
  }
  const adapted = {
    method: typeof request.method === 'string' ? request.method : '',
    url: url.target,
    originalUrl: url.target,
    baseUrl: '',
    path: url.path,
    protocol: url.protocol ?? (request.socket?.encrypted === true ? 'https' : 'http'),
    headers,
    rawHeaders,
    headersDistinct,
    apiGateway: request.apiGateway,
    httpVersionMajor: request.httpVersionMajor === 2 ? 2 : 1,
    socket: { remoteAddress: address ?? undefined },
    ip: address ?? undefined,
    app,
  };
  setRequestSource(adapted, { identity: given, ...findBody(given, headers, body) });
  return adapted as unknown as Request;
}

interface ReadUrl {
  /** Path and query, as far as possible byte for byte; empty when there is none. */
  readonly target: string;
  readonly path: string;
  /** Of a whole URL, else `null`. */
  readonly protocol: string | null;
  readonly host: string | null;
}

/** A whole URL is taken apart, except for one in a request line, which names whatever the client likes. */
function readUrl({ url, originalUrl = url, rawHeaders }: AnyRequest): ReadUrl {
  const target = typeof originalUrl === 'string' ? originalUrl : '';
  if (target.startsWith('/') || Array.isArray(rawHeaders) || !URL.canParse(target)) {
    return { target, path: target.startsWith('/') ? removeQuery(target) : '', protocol: null, host: null };
  }
  const { pathname, search, protocol, host } = new URL(target);
  return { target: pathname + search, path: pathname, protocol: protocol.slice(0, -1), host };
}

function removeQuery(target: string): string {
  const end = target.search(/[?#]/);
  return end === -1 ? target : target.slice(0, end);
}
