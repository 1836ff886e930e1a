import type { Request } from 'express';
import { ApiKeysError } from '../errors.js';
import { listHeaderLines } from '../http/header-lines.js';
import { isHeaderName } from '../http/is-header-name.js';
import type { SessionBinder } from '../ports/session-binder.js';

const sessionHeader = 'mcp-session-id';

/**
 * Sessions of MCP servers belong to the key that opened them. Clients get the id of a session signed for their key; the
 * server behind the guard sees the id that it has made itself.
 */
export class McpSessions {
  readonly #binder: () => SessionBinder;
  readonly #opened = new WeakSet<object>();

  /** @param binder - throws ApiKeysError `unavailable` before the instance is ready */
  constructor(binder: () => SessionBinder) {
    this.#binder = binder;
  }

  bind(sessionId: string, keyId: string): string {
    return this.#binder().bind(sessionId, keyId);
  }

  /**
   * Puts the server's own id in place of the one that a client has sent.
   *
   * @throws ApiKeysError `not_found` for a session of another key, as for one that does not exist, so that the client begins a
   * new one; `invalid_request` for several ids
   */
  open(req: Request, keyId: string): void {
    const lines = listHeaderLines(req, sessionHeader);
    const [bound] = lines;
    if (bound === undefined || this.#opened.has(req)) return;
    if (lines.length > 1) throw new ApiKeysError('invalid_request', { detail: 'Send one Mcp-Session-Id.' });
    const sessionId = this.#binder().open(bound, keyId);
    if (sessionId === null) {
      throw new ApiKeysError('not_found', {
        detail: 'This key has no such MCP session. Initialize a new one.',
      });
    }
    this.#opened.add(req);
    replaceHeader(req, sessionId);
  }
}

/** In every place where the server may read it. */
function replaceHeader(req: Request, value: string): void {
  req.headers[sessionHeader] = value;
  if (req.headersDistinct !== undefined) req.headersDistinct[sessionHeader] = [value];
  const { rawHeaders = [] } = req as { rawHeaders?: string[] };
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (isHeaderName(rawHeaders[index] ?? '', sessionHeader)) rawHeaders[index + 1] = value;
  }
}
