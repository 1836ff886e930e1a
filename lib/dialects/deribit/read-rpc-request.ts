import type { DialectCall } from '../dialect-call.js';
import type { JsonRecord } from '../parse-json-object.js';
import { DeribitError, refuseParam } from './deribit-error.js';
import type { DeribitParams } from './deribit-method.js';

/** A JSON-RPC call. */
export interface RpcRequest {
  /** Without a leading slash. */
  readonly method: string;
  readonly params: DeribitParams;
  /** Whether there is a body without `params`, and no parameters in the query either. */
  readonly lacksParams: boolean;
}

/**
 * Reads a call from the path and the query, from a JSON-RPC body, or from both; the body takes precedence over the query.
 *
 * @param path - the method as the path has it; `null` for a call to the root
 * @throws DeribitError, BodyError, or ApiKeysError
 */
export async function readRpcRequest(call: DialectCall, path: string | null): Promise<RpcRequest> {
  const query = call.query();
  const body = await call.body();
  const named = body === null ? null : readMethod(body);
  const method = path ?? named;
  if (method === null) throw new DeribitError('invalid_request', { reason: 'method is missing' });
  if (named !== null && named !== method) {
    throw new DeribitError('bad_request', { reason: 'method differs from the path' });
  }
  const sent = body === null ? {} : readParams(body);
  const params = Object.assign(Object.create(null) as Record<string, unknown>, query, sent);
  const lacksParams = body !== null && (body['params'] ?? null) === null && Object.keys(query).length === 0;
  return { method, params, lacksParams };
}

/** Maximum length of an id, in characters: it is repeated in every response, including errors. */
const maxIdLength = 256;

/** Reads the id, which must be repeatable as it was sent. Read again when a call has failed. */
export async function readRpcId(call: DialectCall): Promise<unknown> {
  const body = await call.body().catch(() => null);
  const id = body?.['id'];
  return isId(id) ? id : undefined;
}

function isId(id: unknown): boolean {
  return typeof id === 'string' ? id.length <= maxIdLength : typeof id !== 'object' || id === null;
}

/** Accepts a leading slash, because one client sends it. */
function readMethod(body: JsonRecord): string | null {
  const { jsonrpc = '2.0', id, method } = body;
  const refuse = (reason: string): never => {
    throw new DeribitError('invalid_request', { reason });
  };
  if (jsonrpc !== '2.0') refuse('jsonrpc must be "2.0"');
  if (!isId(id)) refuse(`id must be a number or a text of at most ${maxIdLength} characters`);
  if (method === undefined) return null;
  return typeof method === 'string' ? method.replace(/^\//, '') : refuse('method must be a string');
}

function readParams({ params: sent }: JsonRecord): JsonRecord {
  const params = sent ?? {};
  const isNamed = typeof params === 'object' && !Array.isArray(params);
  return isNamed ? (params as JsonRecord) : refuseParam('params', 'must be an object');
}
