import type { JSX } from 'preact';
import type { AdminClient } from './admin-client.js';
import { useSurroundings } from './context.js';
import type { ApiKey, Page } from './records.js';
import { useLoad } from './use-load.js';

/** How many pages of keys are counted: with more, the number is not worth the wait. */
const maxPages = 5;

/** The plan bounds the keys of the native API, and no others. */
const keyspace = 'default';

/** How many keys the plan of an owner still allows. Where it allows any number, or they cannot be counted, there is nothing to say. */
export function PlanUse(): JSX.Element | null {
  const { client, caller, say, formats } = useSurroundings();
  const maxKeys = caller.plan?.maxKeys ?? null;
  const used = useLoad(maxKeys, (signal) =>
    maxKeys === null ? Promise.resolve(null) : countKeys(client, signal),
  );
  if (maxKeys === null || used.value === null) return null;
  const isFull = used.value >= maxKeys;
  return (
    <p class={isFull ? 'mistake' : 'soft'}>
      {say(isFull ? 'planFull' : 'planUse', {
        used: formats.number(used.value),
        all: formats.number(maxKeys),
      })}
    </p>
  );
}

/** Counts the keys that count for the plan: those that are not revoked. `null`: too many to count. */
async function countKeys(client: AdminClient, signal: AbortSignal): Promise<number | null> {
  let [count, cursor] = [0, ''];
  for (let round = 0; round < maxPages; round++) {
    const page = await client.get<Page<ApiKey>>('/keys', { keyspace, limit: '100', cursor }, signal);
    count += page.items.filter(({ state }) => state !== 'revoked').length;
    if (page.nextCursor === null) return count;
    cursor = page.nextCursor;
  }
  return null;
}
