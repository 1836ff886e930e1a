import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { HousekeeperParts } from '../../lib/manage/housekeeper.js';
import type { ManagePorts } from '../../lib/manage/manage-ports.js';
import type { TokenPorts } from '../../lib/tokens/token-ports.js';

const LIB = join(__dirname, '..', '..', 'lib');

/** They hand on what they are given. */
const passThrough = new Set([
  'audit/sealing-store-proxy.ts',
  'feed/leased-store.ts',
  'manage/enforcing-store-proxy.ts',
]);

describe('whatever changes something', () => {
  it('P4: says how it is queued, or does not compile', () => {
    const forget = ({ store }: ManagePorts | TokenPorts | HousekeeperParts): Promise<void> =>
      // @ts-expect-error -- without a share it would wait in one line with all others that forget it
      store.transact(() => Promise.resolve());
    expect(forget).toBeInstanceOf(Function);
  });

  it('P4: takes the type of a store that wants it', () => {
    const files = readdirSync(LIB, { recursive: true, encoding: 'utf8' })
      .map((file) => file.replaceAll('\\', '/'))
      .filter((file) => file.endsWith('.ts') && !file.startsWith('store/') && !passThrough.has(file));
    const changing = files.filter((file) => readFileSync(join(LIB, file), 'utf8').includes('.transact('));
    const lax = changing.filter((file) => /\bKeyStore\b/.test(readFileSync(join(LIB, file), 'utf8')));
    expect(changing.length).toBeGreaterThan(10);
    expect(lax).toEqual([]);
  });
});
