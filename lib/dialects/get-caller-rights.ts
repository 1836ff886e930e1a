import type { ScopeCatalogue } from '../domain/scope-catalogue.js';
import type { ChangeContext, KeyInput } from '../manage/change.js';
import type { Caller } from './callers.js';
import type { DialectKeyService } from './dialect-host.js';

/**
 * The rights of a new key, where a request cannot name them: those of the key that creates it, otherwise those of the policy of
 * the keyspace. A key cannot grant scopes that the app has added since the key was created.
 */
export async function getCallerRights(
  keys: Pick<DialectKeyService, 'get'>,
  context: ChangeContext,
  caller: Caller,
  catalogue: ScopeCatalogue,
): Promise<KeyInput> {
  if (caller.kind !== 'key') return {};
  const { id, scopes } = caller.apiKey;
  const { expiresAt, ipAllowlist } = await keys.get(context, id);
  return {
    scopes: scopes.filter((scope) => catalogue.isGrantable(scope)),
    expiresAt: expiresAt === null ? null : new Date(expiresAt),
    ipAllowlist,
  };
}
