import { SingleFlight, type InFlightRead } from '../../lib/verify/single-flight.js';

/** A read that ends when the test ends it. */
function controlled(): {
  read: (flight: InFlightRead<string>) => Promise<string>;
  land: (text: string) => void;
  fail: () => void;
} {
  let land: (text: string) => void = () => undefined;
  let fail: () => void = () => undefined;
  const result = new Promise<string>((resolve, reject) => {
    land = resolve;
    fail = () => reject(new Error('away'));
  });
  return { read: () => result, land: (text) => land(text), fail: () => fail() };
}

describe('SingleFlight', () => {
  it('let simultaneous callers share one reading, and begin a new one afterwards', async () => {
    const flights = new SingleFlight<string>();
    let reads = 0;
    const read = async (): Promise<string> => `read ${(reads += 1)}`;
    expect(await Promise.all([flights.join('a', read), flights.join('a', read)])).toEqual([
      'read 1',
      'read 1',
    ]);
    expect(await flights.join('a', read)).toBe('read 2');
  });

  it('do not let keys share', async () => {
    const flights = new SingleFlight<string>();
    expect(await Promise.all(['a', 'b'].map((id) => flights.join(id, async () => id)))).toEqual(['a', 'b']);
  });

  it('give a reading that a change has overtaken only to those who waited already', async () => {
    const flights = new SingleFlight<string>();
    const slow = controlled();
    let flight: InFlightRead<string> | undefined;
    const waiting = flights.join('a', (own) => {
      flight = own;
      return slow.read(own);
    });
    expect(flight?.isDetached).toBe(false);
    flights.forget('a');
    const later = flights.join('a', async () => 'new');
    slow.land('old');
    expect(await Promise.all([waiting, later])).toEqual(['old', 'new']);
    expect(flight?.isDetached).toBe(true);
  });

  it('detach all of them at once', async () => {
    const flights = new SingleFlight<string>();
    const seen: InFlightRead<string>[] = [];
    const slow = controlled();
    for (const id of ['a', 'b']) void flights.join(id, (own) => (seen.push(own), slow.read(own)));
    flights.forgetAll();
    expect(seen.map(({ isDetached }) => isDetached)).toEqual([true, true]);
    slow.land('old');
  });

  it('fail for those who wait, and are not remembered', async () => {
    const flights = new SingleFlight<string>();
    const slow = controlled();
    const callers = [flights.join('a', slow.read), flights.join('a', slow.read)];
    slow.fail();
    for (const caller of callers) await expect(caller).rejects.toThrow('away');
    expect(await flights.join('a', async () => 'back')).toBe('back');
  });

  it('that landed late do not end the one that came after them', async () => {
    const flights = new SingleFlight<string>();
    const [first, second] = [controlled(), controlled()];
    const one = flights.join('a', first.read);
    flights.forget('a');
    const two = flights.join('a', second.read);
    first.land('old');
    await one;
    const joined = flights.join('a', async () => 'a third reading');
    second.land('new');
    expect(await Promise.all([two, joined])).toEqual(['new', 'new']);
  });
});
