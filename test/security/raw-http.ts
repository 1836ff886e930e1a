import { connect } from 'node:net';

/** An answer as it came over the wire. */
export interface RawAnswer {
  /** 0 when the connection was closed without an answer. */
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Status line, headers and body. */
  readonly text: string;
  readonly milliseconds: number;
}

/** A request, written as it is: nothing is checked, corrected or added but `Host` and the length of the body. */
export interface RawRequest {
  readonly method?: string;
  readonly target?: string;
  /** Header lines without their line ends, for example `X-Api-Key: abc`. Characters are bytes (latin-1). */
  readonly lines?: readonly string[];
  readonly body?: string | Buffer;
  /** Leave out the `Host` line. */
  readonly withoutHost?: boolean;
}

/** Writes a request as bytes. */
export function bytesOf({ method = 'GET', target = '/', lines = [], body, withoutHost }: RawRequest): Buffer {
  const payload = typeof body === 'string' ? Buffer.from(body) : body;
  const hasLength = lines.some((line) => /^(content-length|transfer-encoding):/i.test(line));
  const head = [
    `${method} ${target} HTTP/1.1`,
    ...(withoutHost === true ? [] : ['Host: api.example']),
    ...lines,
    ...(payload === undefined || hasLength ? [] : [`Content-Length: ${payload.length}`]),
    '',
    '',
  ].join('\r\n');
  return Buffer.concat([Buffer.from(head, 'latin1'), payload ?? Buffer.alloc(0)]);
}

/** Text in UTF-8, one character per byte, for header lines. */
export function asBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

const timeoutMs = 5000;

/** Sends bytes over a socket of its own and waits for one answer. */
export function exchange(port: number, bytes: Buffer): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1');
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error('No answer in time'));
    }, timeoutMs);
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answerFrom(Buffer.concat(chunks).toString('latin1'), performance.now() - started));
    };
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (isComplete(Buffer.concat(chunks).toString('latin1'))) finish();
    });
    socket.on('close', finish);
    // A server that refuses early may reset the connection; what it has sent still counts.
    socket.on('error', () => undefined);
    socket.write(bytes);
  });
}

function isComplete(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const { status, headers, body } = answerFrom(text, 0);
  if (status === 204 || status === 304) return true;
  if (headers['content-length'] !== undefined) return body.length >= Number(headers['content-length']);
  return headers['transfer-encoding'] === 'chunked' && body.endsWith('0\r\n\r\n');
}

function answerFrom(text: string, milliseconds: number): RawAnswer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(statusLine)?.[1] ?? 0);
  return { status, headers, body: rest.join('\r\n\r\n'), text, milliseconds };
}
