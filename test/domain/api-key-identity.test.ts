import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createIdentity, type ApiKeyIdentity } from '../../lib/domain/api-key-identity.js';
import { createResourceCatalogue } from '../../lib/domain/resource-catalogue.js';
import { createSampleKey } from '../../lib/store/sample-keys.js';

const catalogue = createResourceCatalogue({ project: 'A project' });

function identityOf(id: string, projects: readonly string[] | null, expiresAt: number | null = null) {
  const resources = projects === null ? null : { project: projects };
  const key = createSampleKey({ id, resources, expiresAt });
  return createIdentity(key, { via: 'key', credentialId: 'c' }, catalogue);
}

describe('identities of keys', () => {
  it('share one hidden class, in which properties are fast, since one is cached with each key', () => {
    const identities = [
      identityOf('a', null),
      identityOf('b', ['p1']),
      identityOf('c', null, 1_800_000_000_000),
    ];
    setFlagsFromString('--allow-natives-syntax');
    const { isFast, isAlike } = runInNewContext(
      '({ isFast: (a) => %HasFastProperties(a), isAlike: (a, b) => %HaveSameMap(a, b) })',
    ) as {
      isFast: (identity: ApiKeyIdentity) => boolean;
      isAlike: (one: ApiKeyIdentity, other: ApiKeyIdentity) => boolean;
    };
    const [first, ...others] = identities;
    const areFast = identities.map(isFast);
    const areAlike = others.map((other) => first !== undefined && isAlike(first, other));
    setFlagsFromString('--no-allow-natives-syntax');
    expect({ areFast, areAlike }).toEqual({ areFast: [true, true, true], areAlike: [true, true] });
  });

  it('each have their own end and bindings, also where only is called apart from its identity', () => {
    const bound = identityOf('a', ['p1'], 1_800_000_000_000);
    const unbound = identityOf('b', null);
    const { only } = bound;
    expect([only('project'), unbound.only('project')]).toEqual([['p1'], 'all']);
    expect([bound.expiresAt, unbound.expiresAt]).toEqual([new Date(1_800_000_000_000), null]);
    expect(bound.expiresAt).not.toBe(bound.expiresAt);
  });

  it('are frozen data, whatever they are copied or logged with', () => {
    const identity = identityOf('a', ['p1'], 1_800_000_000_000);
    const names = [
      ...['id', 'ownerId', 'name', 'scopes', 'features', 'metadata', 'environment', 'keyspace'],
      ...['credentialId', 'expiresAt', 'via'],
    ];
    expect(Object.isFrozen(identity)).toBe(true);
    expect(Object.keys(identity)).toEqual(names);
    expect(structuredClone(identity)).toEqual({ ...identity });
    expect(Object.keys(JSON.parse(JSON.stringify(identity)) as object)).toEqual(names);
    expect(Reflect.ownKeys({ ...identity })).toEqual(names);
  });
});
