import { once } from 'node:events';
import {
  connect,
  createServer,
  Http2ServerRequest,
  Http2ServerResponse,
  type ClientHttp2Stream,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';

/** A request over HTTP/2; `body` goes out in DATA frames, without a length unless a header says one. */
export interface Http2Request {
  readonly method?: string;
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
  /** Whether the stream ends with the headers. Default: when there is no body. */
  readonly endStream?: boolean;
}

export interface Http2Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  /** The headers that came before: 100, 103. */
  readonly early: ReadonlyArray<Readonly<Record<string, unknown>>>;
  readonly trailers: Readonly<Record<string, unknown>>;
  /** The paths that were pushed with it. */
  readonly pushed: readonly string[];
}

export interface Http2Server {
  readonly authority: string;
  send(request: Http2Request): Promise<Http2Answer>;
  close(): Promise<void>;
}

/** An app whose requests and answers are those of HTTP/2, with all that Express adds to them. */
export function http2App(): Express {
  const app = express();
  const adopted = (prototype: object, added: object): object =>
    Object.create(Object.create(prototype, Object.getOwnPropertyDescriptors(added)) as object, {
      app: { value: app, writable: true, configurable: true, enumerable: true },
    }) as object;
  Object.assign(app, {
    request: adopted(Http2ServerRequest.prototype, express.request),
    response: adopted(Http2ServerResponse.prototype, express.response),
  });
  return app;
}

/** Serves it without TLS, to one client. */
export async function serveHttp2(app: Express): Promise<Http2Server> {
  const server = createServer(app as unknown as Parameters<typeof createServer>[1]);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const authority = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = connect(`http://${authority}`);
  return {
    authority,
    async send({ method = 'GET', path, headers = {}, body, endStream = body === undefined }) {
      const stream = client.request({ ':method': method, ':path': path, ...headers }, { endStream });
      const [early, pushed]: [Array<Record<string, unknown>>, string[]] = [[], []];
      let trailers = {};
      stream.on('headers', (given) => void early.push(given));
      stream.on('trailers', (given) => void (trailers = given));
      const notePush = (push: ClientHttp2Stream, given: Record<string, unknown>): void => {
        pushed.push(String(given[':path']));
        push.resume();
      };
      client.on('stream', notePush);
      if (!endStream) stream.end(body);
      const [answered] = (await once(stream, 'response')) as [Record<string, unknown>];
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk as Buffer);
      client.off('stream', notePush);
      return {
        status: Number(answered[':status']),
        headers: answered,
        body: Buffer.concat(chunks).toString(),
        ...{ early, trailers, pushed },
      };
    },
    async close() {
      client.destroy();
      server.close();
      await Promise.resolve();
    },
  };
}
