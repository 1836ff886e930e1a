import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { makeCopy, openCache, settle, waitFor } from './cache-fixture.js';
import { client, stopAll, timed } from './server-fixture.js';
import { watchMachine } from '../harness/machine-watch.js';

const machine = watchMachine();

jest.setTimeout(60_000);

/** The deadline of 200 ms, on a machine that runs other tests at the same time. */
const inTimeMs = 450;

const listeners: Server[] = [];
const sockets = new Set<Socket>();

afterEach(async () => {
  await stopAll();
  for (const socket of sockets) socket.destroy();
  for (const listener of listeners.splice(0)) listener.close();
});

/** Speaks as far as the handshake and the probe, then answers every command with these bytes. */
async function serve(answer: string): Promise<string> {
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      const text = chunk.toString();
      for (const command of text.split(/(?=\*\d+\r\n\$)/)) {
        if (command.includes('{probe}')) socket.write('*1\r\n$0\r\n\r\n');
        else if (/getrange|eval/i.test(command)) socket.write(answer);
        else socket.write(handshake(command.toLowerCase()));
      }
    });
  });
  listeners.push(listener);
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return `redis://127.0.0.1:${(listener.address() as AddressInfo).port}`;
}

function handshake(command: string): string {
  if (command.includes('hello')) return '-ERR unknown command HELLO\r\n';
  if (command.includes('info\r\n')) return '$21\r\nredis_version:7.0.0\r\n\r\n';
  return '+OK\r\n';
}

describe('a server that refuses a write as an older Redis words it', () => {
  it.each([
    "-READONLY You can't write against a read only replica.",
    // Redis 6 and 5
    "-ERR Error running script (call to f_0): @user_script:5: @user_script: 5: -READONLY You can't write against a " +
      'read only replica.',
  ])('goes on being read: %j', async (answer) => {
    const cache = await openCache({ connection: client(await serve(`${answer}\r\n`)) });
    cache.publish(makeCopy(), Date.now());
    await waitFor(() => cache.logger.messages.some((message) => message.includes('READONLY')));
    expect(cache.status()).toBe('up');
    expect(cache.logger.messages).toEqual(['api-keys: keys cannot be cached (Redis: READONLY)']);
  });
});

describe('something that is no Redis', () => {
  it.each([
    ['an integer', ':1\r\n'],
    ['an array', '*2\r\n$1\r\na\r\n*1\r\n:1\r\n'],
    ['nothing', '$-1\r\n'],
    ['a list of nothing', '*-1\r\n'],
    ['an error with a trap for redirections', '-MOVED __proto__ h:1\r\n'],
    ['scripts that are never known', '-NOSCRIPT No matching script.\r\n'],
    ['half an answer', '$100\r\nabc'],
    ['garbage', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['two answers to one command', '$1\r\na\r\n$1\r\nb\r\n'],
    ['text that looks like an entry', `$62\r\n${'A'.repeat(43)}.1.1.1700000000000.\r\n`],
  ])('is never believed: %s', async (_, answer) => {
    const cache = await openCache({ connection: await serve(answer) });
    const copy = makeCopy();
    for (let i = 0; i < 3; i += 1) {
      const together = await timed(Promise.all([1, 2, 3, 4].map((id) => cache.get(String(id)))));
      await machine.expectWithin(inTimeMs, together.ms);
      expect(together.answer).toEqual([null, null, null, null]);
      cache.publish(copy, Date.now());
      cache.fill(copy, Date.now());
      await settle(cache);
      expect(await cache.get(copy.key.id)).toBeNull();
    }
    expect(Object.keys(Array.prototype)).toEqual([]);
    expect(({} as Record<string, unknown>)['port']).toBeUndefined();
  });
});
