import type { ScopeCatalogue } from '../domain/scope-catalogue.js';
import type { ChangeContext, KeyInput } from '../manage/change.js';
import type { Caller } from './callers.js';
import type { DialectKeyService } from './dialect-host.js';

/**
 * What a new key may do, where its maker cannot say it: as much as the key that makes it, and else what the policy of the
 * keyspace says. A key could not give the scopes that the app has got since the key was made.
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
