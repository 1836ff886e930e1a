import { getEventListeners } from 'node:events';
import http, { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { createWebhookSender, type SenderSettings } from '../../lib/webhooks/create-webhook-sender.js';
import type { WebhookAnswer } from '../../lib/ports/webhook-sender.js';

jest.setTimeout(60_000);

const cleanUps: (() => void)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

/** Everything is allowed that tests need; a short time limit. */
const open: SenderSettings = { allowHttp: true, allowPrivateNetworks: true, timeoutMs: 1_500 };

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

async function serve(listener: Listener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function serveBytes(onSocket: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function send(url: string, settings: SenderSettings = open): Promise<WebhookAnswer> {
  const request = { headers: { 'content-type': 'application/json' }, body: '{"é":1}' };
  return createWebhookSender(settings).send({ url, ...request, signal: new AbortController().signal });
}

const refuse = (url: string): string | null =>
  createWebhookSender({ ...open, allowHttp: false, allowPrivateNetworks: false }).check(url);

describe('sending a webhook', () => {
  it('posts the body and returns the status', async () => {
    const heard: string[] = [];
    const url = await serve((request, response) => {
      heard.push(`${request.method} ${request.url} ${request.headers['content-type']}`);
      request.on('data', (chunk: Buffer) => heard.push(chunk.toString()));
      request.on('end', () => response.writeHead(204).end());
    });
    expect(await send(`${url}/hooks?a=1`)).toEqual({ status: 204, retryAfter: null });
    expect(heard).toEqual(['POST /hooks?a=1 application/json', '{"é":1}']);
  });

  it.each([301, 302, 303, 307, 308])('does not follow a redirect with %i', async (status) => {
    const inside = jest.fn();
    const target = await serve((_, response) => {
      inside();
      response.end();
    });
    const url = await serve((_, response) => response.writeHead(status, { location: target }).end());
    expect((await send(url)).status).toBe(status);
    expect(inside).not.toHaveBeenCalled();
  });

  it('returns Retry-After', async () => {
    const url = await serve((_, response) => response.writeHead(503, { 'retry-after': '120' }).end());
    expect(await send(url)).toEqual({ status: 503, retryAfter: '120' });
  });

  it('gives up an endpoint that hangs', async () => {
    const silent = await serve(() => undefined);
    await expect(send(silent)).rejects.toThrow('it did not answer in time');
    const mute = await serveBytes(() => undefined);
    await expect(send(mute)).rejects.toThrow('it did not answer in time');
  });

  it('gives up an endpoint that sends its headers byte by byte', async () => {
    const url = await serveBytes((socket) => {
      const bytes = `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(4000)}`;
      let sent = 0;
      const timer = setInterval(() => socket.write(bytes[(sent += 1)] ?? 'y'), 20);
      socket.on('close', () => clearInterval(timer));
    });
    await expect(send(url)).rejects.toThrow();
  });

  it('takes the status of an endpoint that then resets, or never ends its body, and reads little of it', async () => {
    const lying = await serveBytes((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n1');
      setTimeout(() => socket.resetAndDestroy(), 50);
    });
    expect((await send(lying)).status).toBe(200);
    const endless = await serve((_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('y'), 20);
      response.on('close', () => clearInterval(timer));
    });
    expect((await send(endless)).status).toBe(200);
    let written = 0;
    const huge = await serve((_, response) => {
      response.writeHead(200);
      const write = (): void => {
        while (!response.destroyed && response.write('y'.repeat(65_536))) written += 65_536;
      };
      response.on('drain', write);
      write();
    });
    expect((await send(huge)).status).toBe(200);
    // What fits into the buffers of two sockets, and not the endless rest.
    expect(written).toBeLessThan(64 * 1024 * 1024);
  });

  it('reports nothing that an endpoint has written', async () => {
    const url = await serveBytes((socket) => socket.end('HTTP/1.1 garbage whsec_secret\r\n\r\n'));
    const error = await send(url).catch((thrown: unknown) => thrown);
    expect(String(error)).toMatch(/the request failed \(HPE_/);
    expect(String(error)).not.toContain('whsec_secret');
  });

  it('gives up an endpoint that switches protocols', async () => {
    const switching = (header: string): Promise<string> =>
      serveBytes((socket) => {
        socket.once('data', () => socket.write(`HTTP/1.1 101 Switching Protocols\r\n${header}\r\n`));
      });
    const upgrading = await switching('upgrade: websocket\r\nconnection: upgrade\r\n');
    await expect(send(upgrading)).rejects.toThrow('it ended the connection without an answer');
    expect((await send(await switching(''))).status).toBe(101);
  });

  it('uses no agent of the app, which may know another way out', async () => {
    const url = await serve((_, response) => response.writeHead(204).end());
    const created = jest.fn();
    class ProxyAgent extends http.Agent {
      override createConnection(): never {
        created();
        throw new Error('the agent of the app was used');
      }
    }
    const { globalAgent } = http;
    http.globalAgent = new ProxyAgent();
    try {
      expect((await send(url)).status).toBe(204);
    } finally {
      http.globalAgent = globalAgent;
    }
    expect(created).not.toHaveBeenCalled();
  });

  it('leaves nothing with a signal that lives longer', async () => {
    const url = await serve((_, response) => response.writeHead(204).end());
    const { signal } = new AbortController();
    const sender = createWebhookSender(open);
    for (const port of [new URL(url).port, '1']) {
      const request = { url: `http://127.0.0.1:${port}/`, headers: {}, body: '{}', signal };
      await sender.send(request).catch(() => undefined);
      expect(getEventListeners(signal, 'abort')).toEqual([]);
    }
  });

  it('ends when this process stops', async () => {
    const url = await serve(() => undefined);
    const stopping = new AbortController();
    const sending = createWebhookSender({ ...open, timeoutMs: 60_000 }).send({
      ...{ url, headers: {}, body: '{}', signal: stopping.signal },
    });
    setTimeout(() => stopping.abort(), 100);
    await expect(sending).rejects.toThrow();
  });
});

describe('where webhooks may be sent', () => {
  it.each([
    ['http://example.com/', 'must begin with https://'],
    ['ftp://example.com/', 'must begin with https://'],
    ['file:///etc/passwd', 'must begin with https://'],
    ['example.com', 'must be an absolute URL'],
    ['https://user@example.com/', 'must not contain a user name or a password'],
    ['https://:secret@example.com/', 'must not contain a user name or a password'],
    ['https://example.com/#a', 'must not have a fragment'],
    ...[
      '127.0.0.1',
      '2130706433',
      '0x7f.1',
      '127.1',
      '10.0.0.1',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '169.254.169.254',
    ].map((host) => [`https://${host}/`, 'must not be an address that is not public']),
  ])('is not %s', (url, problem) => {
    expect(refuse(url)).toBe(problem);
  });

  it('is a host on the internet', () => {
    expect(refuse('https://crm.acme.example/api-keys?token=1')).toBe(null);
    expect(refuse('https://8.8.8.8:8443/')).toBe(null);
  });

  it('is decided when the connection is made: a name that resolves to an address inside is not connected to', async () => {
    const inside = jest.fn();
    const url = await serve((_, response) => {
      inside();
      response.end();
    });
    const { port } = new URL(url);
    const guarded = { ...open, allowPrivateNetworks: false };
    await expect(send(`http://localhost:${port}/`, guarded)).rejects.toThrow(
      'its host is an address that is not public',
    );
    await expect(send(url, guarded)).rejects.toThrow('must not be an address that is not public');
    expect(inside).not.toHaveBeenCalled();
  });
});
