import { authenticationMethods } from '../../lib/dialects/deribit/authentication-methods.js';
import { deribitRouter, deribitWebSocket } from '../../lib/dialects/index.js';
import { deribitErrors } from '../../lib/dialects/deribit/deribit-error.js';
import { keyMethods } from '../../lib/dialects/deribit/key-methods.js';
import { supportingMethods } from '../../lib/dialects/deribit/supporting-methods.js';
import { webSocketOnlyMethods } from '../../lib/dialects/deribit/websocket-only-methods.js';
import { neededOptions } from '../dialects/deribit-app.js';
import { createInstance } from '../harness/instance.js';
import { codeIn, readDocument, sectionOf, tableIn } from './markdown.js';

const text = readDocument('docs/advanced/compatibility/deribit.md');
const tableBelow = (heading: string): ReadonlyArray<readonly string[]> => tableIn(sectionOf(text, heading));

describe('docs/advanced/compatibility/deribit.md', () => {
  it('has every method about keys, with what it needs', () => {
    const documented = tableBelow('## Methods about keys').map(([name, scope, tfa]) => [
      `private/${codeIn(name)}`,
      codeIn(scope),
      tfa === 'yes',
    ]);
    const there = keyMethods.map(({ name, scope, tfa }) => [name, scope, tfa]);
    expect(documented.sort()).toEqual(there.sort());
  });

  it('has every method about tokens', () => {
    const documented = tableBelow('## Methods about tokens').map(([name]) => codeIn(name));
    const there = [...authenticationMethods.map(({ name }) => name), 'private/logout'];
    expect(documented.sort()).toEqual(there.sort());
  });

  it('names every method about the server and about connections', () => {
    const names = [...supportingMethods, ...webSocketOnlyMethods].map(({ name }) => name);
    expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });

  it('has every option of connections', async () => {
    const options = tableBelow('## WebSocket').map(([name]) => codeIn(name));
    const { apiKeys } = createInstance(neededOptions);
    const router = deribitRouter(apiKeys, { verifyAccessToken: () => null });
    await expect(deribitWebSocket(null as never, router, null as never)).rejects.toThrow(
      `takes an object with ${options.join(', ')}`,
    );
  });

  it('has every code of an error below its status', () => {
    const statusOf = new Map<string, string[]>();
    for (const [status = '', codes = ''] of tableBelow('## Errors')) {
      for (const [, code = ''] of codes.matchAll(/`(-?\d{5})`/g)) {
        statusOf.set(code, [...(statusOf.get(code) ?? []), status]);
      }
    }
    for (const { code, status } of Object.values(deribitErrors)) {
      expect([code, statusOf.get(String(code))]).toEqual([code, expect.arrayContaining([String(status)])]);
    }
    const known = new Set(Object.values(deribitErrors).map(({ code }) => String(code)));
    expect([...statusOf.keys()].filter((code) => !known.has(code))).toEqual([]);
  });

  it('has every option', () => {
    const options = tableBelow('## Options').map(([name]) => codeIn(name));
    const known = (): unknown => deribitRouter(createInstance().apiKeys, null as never);
    expect(known).toThrow(`takes an object with ${options.join(', ')}`);
  });
});
