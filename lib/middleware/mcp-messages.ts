import type { Request } from 'express';
import { ApiKeysError } from '../errors.js';
import { readBodyPresence } from '../http/body-presence.js';
import { holdBody } from '../http/hold-body.js';
import { isBodyTaken } from '../http/is-body-taken.js';
import { parseMediaType } from '../http/media-type.js';
import { readDecodedBody } from '../http/read-decoded-body.js';

/** The body limit of the official SDK, in bytes. */
const maxBodyBytes = 4 * 1024 * 1024;
/** Maximum number of messages in a batch. */
const maxMessages = 100;

/** A JSON-RPC message, as far as a guard looks at it. */
export interface McpMessage {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
}

/**
 * Reads the JSON-RPC messages of a request. A body that no parser has read stays readable for the handlers behind; one that was
 * read is taken as the app's parser has left it, since the handlers get the same.
 *
 * @throws ApiKeysError `payload_too_large`, `unsupported_media_type`, `invalid_request`, `internal_error`
 */
export async function readMcpMessages(req: Request): Promise<readonly McpMessage[]> {
  const parsed: unknown = req.body;
  const isRead = isBodyTaken(req);
  const ofParser = parsed === undefined ? [] : toMessages(parsed);
  if (isRead && parsed === undefined && readBodyPresence(req) !== 'none')
    throw new ApiKeysError('internal_error', { cause: new Error(lost) });
  if (isRead) return ofParser;
  assertUtf8(req);
  const bytes = await readHeldBody(req);
  // Platforms set a body without reading the request: the handlers may use either.
  return [...ofParser, ...(bytes === null ? [] : toMessages(bytes))];
}

/** A parser behind would read the bytes in the charset that is named, and may find another tool in them. */
function assertUtf8({ headers }: Request): void {
  const contentType = headers['content-type'];
  if (contentType === undefined || parseMediaType(contentType)?.isUtf8 === true) return;
  throw new ApiKeysError('unsupported_media_type', {
    detail: 'Send JSON in UTF-8: Content-Type: application/json',
  });
}

/** What is put back would flow at once where something in front listens, before the server behind reads it. */
async function readHeldBody(req: Request): Promise<Awaited<ReturnType<typeof readDecodedBody>>> {
  const releaseBody = holdBody(req);
  try {
    return await readDecodedBody(req, maxBodyBytes);
  } finally {
    releaseBody();
  }
}

const lost =
  'A parser has read the body of an MCP request and left nothing on req.body. Use express.json(), or no parser before mcpGuard.';

function toMessages(body: unknown): readonly McpMessage[] {
  if (body instanceof Uint8Array) return parseMessages(Buffer.from(body).toString());
  if (typeof body === 'string') return parseMessages(body);
  const messages: readonly unknown[] = Array.isArray(body) ? body : [body];
  if (messages.length > maxMessages) {
    throw new ApiKeysError('invalid_request', { detail: `Send at most ${maxMessages} messages in a batch.` });
  }
  // A list of lists is no batch: what is in there could be read otherwise by the server.
  if (!messages.every(isMessage)) throw createMalformedError();
  return messages;
}

function parseMessages(text: string): readonly McpMessage[] {
  if (text === '') return [];
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw createMalformedError();
  }
  if (typeof body !== 'object') throw createMalformedError();
  return toMessages(body);
}

function isMessage(value: unknown): value is McpMessage {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function createMalformedError(): ApiKeysError {
  return new ApiKeysError('invalid_request', {
    detail: 'Send a JSON-RPC message, or a list of them, as JSON.',
  });
}

/** Whether a message expects an answer. */
export function isMcpRequest({ id, method }: McpMessage): boolean {
  return id !== undefined && method !== undefined;
}

/** The name of the tool that a message calls: `null` for one that has none, `undefined` for messages that call no tool. */
export function readCalledTool({ method, params }: McpMessage): string | null | undefined {
  if (method !== 'tools/call') return undefined;
  const name: unknown = typeof params === 'object' && params !== null ? Reflect.get(params, 'name') : null;
  return typeof name === 'string' ? name : null;
}
