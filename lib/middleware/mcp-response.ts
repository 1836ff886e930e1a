import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { McpEventStream } from './mcp-event-stream.js';
import { filterToolLists, type SeesTool } from './mcp-tool-list.js';

/** What is done with a response of an MCP server on its way to the client. */
export interface McpResponseParts {
  /** Returns what the client is sent in place of the id of its session. */
  readonly bindSession: (sessionId: string) => string;
  /** `null`: lists of tools are sent as they are. */
  readonly seesTool: SeesTool | null;
  /** Notified when a response is compressed, so that no list can be found in it: it is answered with 500. */
  readonly onUnreadable: () => void;
}

/** Ends a response. */
export interface McpResponseControl {
  /** Ends a stream of events, now or as soon as it begins; a response of another kind is complete or nearly so. */
  endStream(): void;
}

type Callback = (error?: Error | null) => void;
type Kind = 'undecided' | 'events' | 'json' | 'other' | 'ended';

const sessionHeader = 'Mcp-Session-Id';

/**
 * Puts itself between an MCP server and the client. The head is held back until the first byte, because what is sent decides
 * about it: streams of events are rewritten event by event, JSON when it is complete.
 */
export function wrapMcpResponse(
  res: ServerResponse,
  { bindSession, seesTool, onUnreadable }: McpResponseParts,
): McpResponseControl {
  const original = {
    writeHead: res.writeHead.bind(res) as (...args: unknown[]) => ServerResponse,
    flushHeaders: res.flushHeaders.bind(res),
    write: res.write.bind(res) as (...args: unknown[]) => boolean,
    end: res.end.bind(res) as (...args: unknown[]) => ServerResponse,
  };
  const events = seesTool === null ? null : new McpEventStream((data) => filterToolLists(data, seesTool));
  const held: Uint8Array[] = [];
  let kind: Kind = 'undecided';
  let isToEnd = false;
  /** Node calls `writeHead` itself when the first byte is written and, in HTTP/2, `write` for what `end` is given. */
  let isSending = false;

  function send<T>(call: () => T): T {
    isSending = true;
    try {
      return call();
    } finally {
      isSending = false;
    }
  }

  /** Decides by the head what the response is. */
  function decide(): void {
    if (kind !== 'undecided') return;
    const sessionId = res.getHeader(sessionHeader);
    if (typeof sessionId === 'string') res.setHeader(sessionHeader, bindSession(sessionId));
    const type = String(res.getHeader('Content-Type') ?? '').toLowerCase();
    if (type.startsWith('text/event-stream')) kind = 'events';
    else kind = seesTool !== null && /^application\/(?:[\w.+-]+\+)?json\b/.test(type) ? 'json' : 'other';
    if (seesTool === null || kind === 'other') return;
    res.removeHeader('Content-Length');
    res.removeHeader('ETag');
    const encoding = String(res.getHeader('Content-Encoding') ?? 'identity').toLowerCase();
    if (encoding !== 'identity') refuseUnreadable();
  }

  function refuseUnreadable(): void {
    kind = 'ended';
    onUnreadable();
    for (const name of res.getHeaderNames()) res.removeHeader(name);
    res.statusCode = 500;
    send(() => original.end());
  }

  function write(chunk: Uint8Array, callback: Callback | undefined): boolean {
    if (kind === 'other' || (kind === 'events' && events === null)) {
      return send(() => original.write(chunk, callback));
    }
    if (kind === 'events' && events !== null) {
      const text = events.write(chunk);
      if (text !== '') return send(() => original.write(text, 'utf8', callback));
    }
    if (kind === 'json') held.push(chunk);
    if (callback !== undefined) process.nextTick(callback);
    return true;
  }

  function end(callback: Callback | undefined): void {
    const last = kind;
    kind = 'ended';
    if (last === 'ended') {
      if (callback !== undefined) process.nextTick(callback);
      return;
    }
    if (last !== 'json' || held.length === 0 || seesTool === null) {
      send(() => original.end(callback));
      return;
    }
    const body = Buffer.from(filterToolLists(Buffer.concat(held).toString(), seesTool));
    res.setHeader('Content-Length', body.length);
    send(() => original.end(body, callback));
  }

  function endStream(): void {
    isToEnd = true;
    if (kind === 'events') end(undefined);
  }

  res.writeHead = function writeHead(...args: unknown[]) {
    if (isSending || kind !== 'undecided') return original.writeHead(...args);
    applyHead(res, args);
    return res;
  } as typeof res.writeHead;

  res.flushHeaders = () => {
    decide();
    if (kind === 'events' || kind === 'other') send(() => original.flushHeaders());
    if (isToEnd) endStream();
  };

  res.write = function write_(...args: unknown[]) {
    if (isSending) return original.write(...args);
    const { chunk, callback } = readArguments(args);
    decide();
    const isAccepted = write(chunk ?? new Uint8Array(), callback);
    if (isToEnd) endStream();
    return isAccepted;
  } as typeof res.write;

  res.end = function end_(...args: unknown[]) {
    const { chunk, callback } = readArguments(args);
    decide();
    if (chunk !== null) write(chunk, undefined);
    end(callback);
    return res;
  } as typeof res.end;

  return { endStream };
}

/** `write(chunk, encoding, callback)` and `end`, of which each argument may be missing. */
function readArguments(args: readonly unknown[]): {
  readonly chunk: Uint8Array | null;
  readonly callback: Callback | undefined;
} {
  const callback = args.find((argument) => typeof argument === 'function') as Callback | undefined;
  const [chunk, encoding] = args;
  if (chunk instanceof Uint8Array) return { chunk, callback };
  if (typeof chunk !== 'string') return { chunk: null, callback };
  const isNamed = typeof encoding === 'string' && Buffer.isEncoding(encoding);
  return { chunk: Buffer.from(chunk, isNamed ? encoding : 'utf8'), callback };
}

/** `writeHead(status, reason, headers)`, as if everything had been set before. */
function applyHead(res: ServerResponse, [status, ...rest]: readonly unknown[]): void {
  res.statusCode = Number(status);
  const [first] = rest;
  if (typeof first === 'string') res.statusMessage = first;
  const headers = (typeof first === 'string' ? rest[1] : first) as
    OutgoingHttpHeaders | readonly unknown[] | null | undefined;
  for (const [name, value] of listHeaders(headers)) res.setHeader(name, value);
}

function listHeaders(
  headers: OutgoingHttpHeaders | readonly unknown[] | null | undefined,
): Iterable<readonly [string, string | readonly string[]]> {
  if (headers === null || headers === undefined) return [];
  const pairs = Array.isArray(headers) ? toPairs(headers) : Object.entries(headers);
  const found = new Map<string, readonly [string, string | readonly string[]]>();
  for (const [name, value] of pairs) {
    if (value === undefined || value === null) continue;
    const key = String(name).toLowerCase();
    const [, before] = found.get(key) ?? [];
    const given = Array.isArray(value) ? value.map(toText) : toText(value);
    const all = before === undefined ? given : [before, given].flat();
    found.set(key, [String(name), all]);
  }
  return found.values();
}

function toText(value: unknown): string {
  return typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '';
}

/** A list of pairs, or of names and values in turn. */
function toPairs(headers: readonly unknown[]): readonly (readonly [unknown, unknown])[] {
  if (headers.every(Array.isArray)) return headers as readonly [unknown, unknown][];
  return headers.flatMap((name, index) => (index % 2 === 0 ? [[name, headers[index + 1]] as const] : []));
}
