import type { ApiKeyRecord } from './api-key.js';
import { dayMs } from './day-ms.js';
import { maxScopesPerKey } from './scope.js';
import type { ScopeCatalogue } from './scope-catalogue.js';
import type { UsedPart } from './used-part.js';

/** What a key could do without. */
export interface UnneededScopes {
  /** Scopes of the catalogue that the key covers and that no request has needed. */
  readonly unused: readonly string[];
  /** What the key would have instead of its scopes. */
  readonly narrowed: readonly string[];
}

/**
 * Returns which scopes of a key no request has needed in so many days. `null`: none, or that is unknown: the key was changed
 * meanwhile, its uses have not been recorded for so long, or no request has needed any scope, so that handlers may check them.
 *
 * @param parts - what is recorded of the key
 * @param now - epoch milliseconds
 */
export function findUnneededScopes(
  { scopes, updatedAt }: Pick<ApiKeyRecord, 'scopes' | 'updatedAt'>,
  catalogue: Pick<ScopeCatalogue, 'expand'>,
  parts: readonly UsedPart[],
  days: number,
  now: number,
): UnneededScopes | null {
  const since = now - days * dayMs;
  // A day counts from its end, so that a use in the last hour of it is not earlier than it was.
  const isRecorded = parts.some(({ firstUsedOn }) => firstUsedOn + dayMs <= since);
  if (!isRecorded || updatedAt > since) return null;
  const needed = new Set(
    parts
      .filter(({ kind, lastUsedOn }) => kind === 'scope' && lastUsedOn + dayMs > since)
      .map(({ name }) => name),
  );
  const granted = [...catalogue.expand(scopes)];
  const unused = granted.filter((scope) => !needed.has(scope));
  if (unused.length === 0 || unused.length === granted.length) return null;
  const narrowed = new Set(
    scopes.flatMap((scope) => {
      const covered = [...catalogue.expand([scope])];
      const used = covered.filter((each) => needed.has(each));
      return used.length === covered.length && used.length > 0 ? [scope] : used;
    }),
  );
  return narrowed.size > maxScopesPerKey ? null : { unused, narrowed: [...narrowed] };
}
