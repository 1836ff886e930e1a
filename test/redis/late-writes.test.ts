import {
  changed,
  fillAndWait,
  makeCopy,
  makePepper,
  makePrefix,
  openCache,
  publishAndWait,
  settle,
  versionIn,
  waitFor,
} from './cache-fixture.js';
import { callsOf, client, pause, start, stopAll } from './server-fixture.js';

jest.setTimeout(90_000);

afterEach(stopAll);

describe('a Redis that stands still and goes on', () => {
  it('does not let a late copy replace a newer version, in any order', async () => {
    const server = await start();
    const slow = client(server.url);
    const options = { keyPrefix: makePrefix(), peppers: [makePepper()] };
    const late = await openCache({ ...options, connection: slow });
    const cache = await openCache({ ...options, connection: server.url });
    for (let round = 0; round < 4; round += 1) {
      const copies = Array.from({ length: 100 }, () => makeCopy());
      server.pause();
      for (const [i, copy] of copies.entries()) {
        // Which of the two connections is read first is the server's choice.
        if (i % 2 === 0) late.fill(copy, Date.now());
        cache.publish(changed(copy, 2, { revokedAt: 1 }), Date.now());
        if (i % 2 === 1) late.fill(copy, Date.now());
      }
      await pause(30);
      server.resume();
      await slow.ping();
      await waitFor(() => cache.status() === 'up');
      await settle(cache);
      const versions = await Promise.all(copies.map((copy) => versionIn(cache, copy)));
      expect(versions).toEqual(copies.map(() => 2));
    }
  });

  it('does not let copies of long ago back in, however late they arrive', async () => {
    const server = await start();
    const slow = client(server.url);
    const options = { keyPrefix: makePrefix(), peppers: [makePepper()] };
    const late = await openCache({ ...options, connection: slow });
    const copies = Array.from({ length: 100 }, () => makeCopy());
    await fillAndWait(late, makeCopy());
    server.pause();
    // These stay in the socket, whatever deadlines pass.
    for (const copy of copies) late.fill(copy, Date.now());
    await pause(500);
    const calls = async (): Promise<number> => (await callsOf(slow))['evalsha'] ?? 0;
    server.resume();
    const cache = await openCache({ ...options, connection: server.url });
    for (const copy of copies) cache.publish(changed(copy, 2, { revokedAt: 1 }), Date.now());
    await waitFor(async () => (await calls()) >= 2 * copies.length);
    for (const copy of copies) expect(await versionIn(cache, copy)).toBe(2);
    await waitFor(() => late.status() === 'up');
    for (const copy of copies) expect(await versionIn(late, copy)).toBe(2);
  });

  it('bounds how many copies are under way', async () => {
    const server = await start();
    const slow = client(server.url);
    const cache = await openCache({ connection: slow });
    await publishAndWait(cache, makeCopy());
    await slow.config('RESETSTAT');
    server.pause();
    for (let i = 0; i < 1000; i += 1) cache.fill(makeCopy(), Date.now());
    server.resume();
    await slow.ping();
    expect((await callsOf(slow))['evalsha']).toBe(256);
  });
});
