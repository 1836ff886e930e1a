import type { LookupOptions } from 'node:dns';
import { createPublicLookup } from '../../lib/webhooks/create-public-lookup.js';
import { startNameServer, type NameServer } from './name-server.js';

const outside = [8, 8, 8, 8];
const outside6 = [0x26, 0x06, 0x47, 0, 0x47, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x11, 0x11];
const inside = [10, 0, 0, 1];
const inside6 = [...Array<number>(15).fill(0), 1];

jest.setTimeout(60_000);

let server: NameServer;
beforeAll(async () => {
  server = await startNameServer({
    'both.example.com': { 4: [outside], 6: [outside6] },
    'four.example.com': { 4: [outside, [1, 1, 1, 1]] },
    'inside.example.com': { 4: [inside] },
    'mixed.example.com': { 4: [outside, inside] },
    'mixed6.example.com': { 4: [outside], 6: [inside6] },
    'empty.example.com': {},
    'silent.example.com': null,
    localhost: { 4: [outside] },
    'a.localhost': { 4: [outside] },
  });
});
afterAll(() => server.close());

/** What a connection gets: addresses, or a message. */
function lookUp(name: string, options: LookupOptions = { all: true }): Promise<unknown> {
  return new Promise((resolve) => {
    const timeoutMs = name.startsWith('silent') ? 100 : 10_000;
    createPublicLookup(() => server.createResolver(timeoutMs))(name, options, (error, address, family) => {
      resolve(error === null ? (family === undefined ? address : [address, family]) : error.message);
    });
  });
}

describe('the lookup of a host on the internet', () => {
  it('finds all of its addresses, or those of one family', async () => {
    expect(await lookUp('both.example.com')).toEqual([
      { address: '8.8.8.8', family: 4 },
      { address: '2606:4700:4700::1111', family: 6 },
    ]);
    expect(await lookUp('Both.Example.com.', { all: true, family: 6 })).toEqual([
      { address: '2606:4700:4700::1111', family: 6 },
    ]);
    expect(await lookUp('both.example.com', { all: true, family: 'IPv4' })).toEqual([
      { address: '8.8.8.8', family: 4 },
    ]);
    expect(await lookUp('four.example.com', {})).toEqual(['8.8.8.8', 4]);
    expect(await lookUp('both.example.com', { family: 6 })).toEqual(['2606:4700:4700::1111', 6]);
  });

  it.each(['inside.example.com', 'mixed.example.com', 'mixed6.example.com'])(
    'refuses %s, which has an address inside',
    async (name) => {
      expect(await lookUp(name)).toBe('its host is an address that is not public');
    },
  );

  it.each(['localhost', 'LOCALHOST.', 'a.localhost', 'printer.local', 'metadata.google.internal', 'redis'])(
    'refuses %s, whatever a name server says',
    async (name) => {
      for (const all of [true, false]) {
        expect(await lookUp(name, { all })).toBe('its host is an address that is not public');
      }
    },
  );

  it('says what it has not found, and what has failed', async () => {
    expect(await lookUp('unknown.example.com')).toBe('its host was not found');
    expect(await lookUp('empty.example.com')).toBe('its host was not found');
    expect(await lookUp('silent.example.com')).toBe('its host could not be resolved (ETIMEOUT)');
  });

  it('takes an address as it is', async () => {
    expect(await lookUp('8.8.8.8', { all: false })).toEqual(['8.8.8.8', 4]);
    expect(await lookUp('8.8.8.8')).toEqual([{ address: '8.8.8.8', family: 4 }]);
    expect(await lookUp('127.0.0.1')).toBe('its host is an address that is not public');
  });
});
