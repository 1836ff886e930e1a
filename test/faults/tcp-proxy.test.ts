import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.js';
import { pause } from './pause.js';
import { waitUntil } from '../servers/wait-until.cjs';

let echo: Server;
let proxy: TcpProxy;
let received: string;

beforeEach(async () => {
  received = '';
  echo = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (bytes) => {
      received += bytes.toString();
      socket.write(bytes);
    });
  });
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await startTcpProxy({ port: (echo.address() as AddressInfo).port });
});

afterEach(async () => {
  await proxy.close();
  echo.close();
});

interface Dialled {
  readonly socket: Socket;
  heard(): Buffer;
  readonly ended: Promise<string>;
}

async function dial(): Promise<Dialled> {
  const socket = connect(proxy.port, '127.0.0.1');
  let heard = Buffer.alloc(0);
  socket.on('data', (bytes) => (heard = Buffer.concat([heard, bytes])));
  const ended = new Promise<string>((resolve) => {
    socket.once('error', (error) => resolve((error as NodeJS.ErrnoException).code ?? ''));
    socket.once('close', () => resolve('closed'));
  });
  await Promise.race([once(socket, 'connect'), ended]);
  return { socket, heard: () => heard, ended };
}

/** Waits until a client has got these bytes, no matter how busy the machine is. */
const hears = ({ heard }: Dialled, text: string): Promise<void> =>
  waitUntil(`${text} comes back`, () => heard().toString() === text);

it('passes bytes both ways, and the end', async () => {
  const client = await dial();
  client.socket.write('hello');
  await hears(client, 'hello');
  client.socket.end();
  expect(await client.ended).toBe('closed');
  expect(proxy.counts.connections).toBe(1);
});

it('delays each direction by its own time', async () => {
  const client = await dial();
  proxy.set({ kind: 'delay', toServerMs: 150, toClientMs: 300 });
  const sentAt = performance.now();
  client.socket.write('a');
  await waitUntil('the server has got it', () => received === 'a');
  const receivedAt = performance.now();
  await hears(client, 'a');
  // Timers may be a millisecond early.
  expect(receivedAt - sentAt).toBeGreaterThan(148);
  expect(performance.now() - sentAt).toBeGreaterThan(448);
  expect(proxy.counts.delayed).toBe(2);
});

it('holds everything in a black hole, and sends it late', async () => {
  const before = await dial();
  proxy.set({ kind: 'black-hole' });
  const after = await dial();
  before.socket.write('x');
  after.socket.write('y');
  await waitUntil('both are held', () => proxy.counts.held === 2);
  await pause(100);
  expect(received).toBe('');
  proxy.set({ kind: 'pass' });
  await hears(before, 'x');
  await hears(after, 'y');
  before.socket.destroy();
  after.socket.destroy();
});

it('refuses, resets and accepts again', async () => {
  const old = await dial();
  proxy.set({ kind: 'refuse' });
  expect(await old.ended).toBe('ECONNRESET');
  expect(await (await dial()).ended).toBe('ECONNRESET');
  proxy.set({ kind: 'pass' });
  const next = await dial();
  next.socket.write('z');
  await hears(next, 'z');
  proxy.resetAll();
  expect(await next.ended).toBe('ECONNRESET');
  expect(proxy.counts.resets).toBe(3);
});

it('cuts in the middle of a reply', async () => {
  proxy.set({ kind: 'cut', afterBytes: 3 });
  const { socket, heard, ended } = await dial();
  socket.write('abcdef');
  expect(await ended).toBe('ECONNRESET');
  expect('abc'.startsWith(heard().toString())).toBe(true);
  expect(proxy.counts.cut).toBe(1);
});

it('trickles, and puts garbage in place of replies', async () => {
  const client = await dial();
  proxy.set({ kind: 'trickle' });
  const sentAt = performance.now();
  client.socket.write('abcdef');
  await waitUntil('two bytes have come', () => client.heard().length > 1);
  expect(performance.now() - sentAt).toBeGreaterThan(998);
  expect(proxy.counts.trickled).toBeGreaterThan(1);
  proxy.set({ kind: 'garbage' });
  client.socket.write('012345678901234567890123456789');
  await waitUntil('the reply has come', () => client.heard().length === 36);
  expect(proxy.counts.garbled).toBeGreaterThan(0);
  expect(client.heard().toString('latin1')).not.toContain('0123456789');
  client.socket.destroy();
});

it('holds up one connection once, by what it sends', async () => {
  const [one, two] = [await dial(), await dial()];
  const stalled = proxy.stallOnce('reply', /wait/, 1_000);
  one.socket.write('please wait');
  await stalled;
  const stalledAt = performance.now();
  two.socket.write('wait too');
  await hears(two, 'wait too');
  expect(received).toContain('please wait');
  await hears(one, 'please wait');
  expect(performance.now() - stalledAt).toBeGreaterThan(990);
  const isLate = proxy.stallOnce('request', /later/, 300);
  one.socket.write('later');
  await isLate;
  const lateAt = performance.now();
  await waitUntil('the server has got it', () => received.includes('later'));
  expect(performance.now() - lateAt).toBeGreaterThan(290);
  expect(proxy.counts.stalled).toBe(2);
  one.socket.destroy();
  two.socket.destroy();
});
