import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { readRawBody } from '../../lib/http/read-raw-body.js';
import { watchMcpCaller } from '../../lib/middleware/watch-mcp-caller.js';
import { fixedClock } from '../../lib/testing/index.js';

let server: Server | null = null;
afterEach(() => server?.close());

/** A request whose caller went away before its handler came to its next step. */
async function receiveAbandoned(head: string): Promise<{ req: IncomingMessage; res: ServerResponse }> {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => undefined);
  const arrived = once(server, 'request') as Promise<[IncomingMessage, ServerResponse]>;
  socket.write(head);
  const [req, res] = await arrived;
  const closed = once(res, 'close');
  socket.resetAndDestroy();
  await closed;
  return { req, res };
}

describe('a caller who goes away while the request is decided', () => {
  it('is not watched, because nothing would end the watch', async () => {
    const { res } = await receiveAbandoned('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n');
    let listeners = 0;
    watchMcpCaller(res, {
      apiKey: { id: 'key0000000000001', expiresAt: null } as Parameters<typeof watchMcpCaller>[1]['apiKey'],
      onChange() {
        listeners += 1;
        return () => (listeners -= 1);
      },
      clock: fixedClock(0),
      decideAgain: () => Promise.resolve(null),
      onRefused: () => undefined,
    });
    expect(listeners).toBe(0);
  });

  it('has sent no body, which is said at once', async () => {
    const { req } = await receiveAbandoned('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf');
    await expect(readRawBody(req, 100)).rejects.toMatchObject({ code: 'ERR_API_KEYS_INVALID_REQUEST' });
  });
});
