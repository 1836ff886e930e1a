import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.js';
import { pause } from './pause.js';

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

it('passes bytes both ways, and the end', async () => {
  const { socket, heard, ended } = await dial();
  socket.write('hello');
  await pause(50);
  expect(heard().toString()).toBe('hello');
  socket.end();
  expect(await ended).toBe('closed');
  expect(proxy.counts.connections).toBe(1);
});

it('delays each direction by its own time', async () => {
  const { socket, heard } = await dial();
  proxy.set({ kind: 'delay', toServerMs: 150, toClientMs: 150 });
  socket.write('a');
  await pause(75);
  expect(received).toBe('');
  await pause(150);
  expect(received).toBe('a');
  expect(heard().length).toBe(0);
  await pause(200);
  expect(heard().toString()).toBe('a');
  expect(proxy.counts.delayed).toBe(2);
});

it('holds everything in a black hole, and sends it late', async () => {
  const before = await dial();
  proxy.set({ kind: 'black-hole' });
  const after = await dial();
  before.socket.write('x');
  after.socket.write('y');
  await pause(100);
  expect(received).toBe('');
  expect(proxy.counts.held).toBe(2);
  proxy.set({ kind: 'pass' });
  await pause(100);
  expect([before.heard().toString(), after.heard().toString()]).toEqual(['x', 'y']);
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
  await pause(50);
  expect(next.heard().toString()).toBe('z');
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
  const { socket, heard } = await dial();
  proxy.set({ kind: 'trickle' });
  socket.write('abcdef');
  await pause(300);
  expect(heard().toString()).toBe('a');
  expect(proxy.counts.trickled).toBe(1);
  proxy.set({ kind: 'garbage' });
  socket.write('012345678901234567890123456789');
  await pause(1_500);
  expect(proxy.counts.garbled).toBeGreaterThan(0);
  expect(heard().toString()).not.toContain('0123456789');
  socket.destroy();
});

it('holds up one connection once, by what it sends', async () => {
  const [one, two] = [await dial(), await dial()];
  const stalled = proxy.stallOnce('reply', /wait/, 200);
  one.socket.write('please wait');
  await stalled;
  two.socket.write('wait too');
  await pause(100);
  expect(received).toContain('please wait');
  expect([one.heard().toString(), two.heard().toString()]).toEqual(['', 'wait too']);
  await pause(200);
  expect(one.heard().toString()).toBe('please wait');
  void proxy.stallOnce('request', /later/, 200);
  one.socket.write('later');
  await pause(100);
  expect(received).not.toContain('later');
  await pause(200);
  expect(received).toContain('later');
  expect(proxy.counts.stalled).toBe(2);
  one.socket.destroy();
  two.socket.destroy();
});
