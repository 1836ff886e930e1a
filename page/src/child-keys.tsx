import type { JSX } from 'preact';
import { useSurroundings } from './context.js';
import { KeyState } from './key-state.js';
import { PlaceLink } from './place-link.js';
import type { ApiKey, Page } from './records.js';
import { LoadTrouble } from './trouble.js';
import { useLoad } from './use-load.js';

/** How many levels of keys below one are shown; the page of a key further down shows its own. */
const maxDepth = 3;

/** The keys that a key has made, as a tree. Keys without any have no such part on their page. */
export function ChildKeys({ parent }: { parent: ApiKey }): JSX.Element | null {
  const { client, say } = useSurroundings();
  const children = useChildren(client, parent);
  // Their states may have changed with that of the parent: what was loaded before is not shown as current.
  if (children.error !== null && !children.isLoading) {
    return <LoadTrouble error={children.error} onRetry={children.reload} />;
  }
  if (children.value === null || children.value.items.length === 0) return null;
  return (
    <section class="panel" part="children">
      <h3>{say('children')}</h3>
      <Branch keys={children.value} depth={1} />
    </section>
  );
}

function Branch({ keys, depth }: { keys: Page<ApiKey>; depth: number }): JSX.Element {
  const { say, formats } = useSurroundings();
  return (
    <ul class="tree">
      {keys.items.map((child) => (
        <li key={child.id}>
          <PlaceLink place={{ view: 'key', id: child.id }}>
            <bdi>{child.name}</bdi>
          </PlaceLink>{' '}
          <KeyState apiKey={child} />
          {depth < maxDepth && <Below parent={child} depth={depth + 1} />}
        </li>
      ))}
      {keys.nextCursor !== null && (
        <li class="soft">{say('countShownMore', { count: formats.number(keys.items.length) })}</li>
      )}
    </ul>
  );
}

function Below({ parent, depth }: { parent: ApiKey; depth: number }): JSX.Element | null {
  const { client } = useSurroundings();
  const children = useChildren(client, parent);
  if (children.error !== null && !children.isLoading) {
    return <LoadTrouble error={children.error} onRetry={children.reload} />;
  }
  if (children.value === null || children.value.items.length === 0) return null;
  return <Branch keys={children.value} depth={depth} />;
}

function useChildren(
  client: ReturnType<typeof useSurroundings>['client'],
  { id, version }: ApiKey,
): ReturnType<typeof useLoad<Page<ApiKey>>> {
  return useLoad(`${id} ${version}`, (signal) =>
    client.get<Page<ApiKey>>('/keys', { parentId: id, limit: '20' }, signal),
  );
}
