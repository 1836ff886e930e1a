import type { JSX } from 'preact';
import { useSurroundings } from './context.js';
import { KeyState } from './key-state.js';
import { OwnerLink } from './owner-link.js';
import { PlaceLink } from './place-link.js';
import type { ApiKey } from './records.js';

/** A table of keys. The roles are written out, because the table becomes a list of cards on narrow screens. */
export function KeyTable({
  keys,
  isStale,
  isOfOneOwner = false,
}: {
  keys: readonly ApiKey[];
  isStale: boolean;
  isOfOneOwner?: boolean;
}): JSX.Element {
  const { caller, say, formats } = useSurroundings();
  const showsOwners = caller.ownerId === null && !isOfOneOwner;
  const columns = [
    'name',
    ...(showsOwners ? (['owner'] as const) : []),
    'state',
    'scopes',
    'ends',
    'lastUsed',
  ] as const;
  return (
    <table class={`cards ${isStale ? 'stale' : ''}`} role="table" part="table" aria-label={say('title')}>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => (
            <th key={column} role="columnheader" scope="col">
              {say(column)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {keys.map((apiKey) => (
          <tr key={apiKey.id} role="row" class={apiKey.state === 'revoked' ? 'over' : ''}>
            <th role="rowheader" scope="row">
              <PlaceLink place={{ view: 'key', id: apiKey.id }}>
                <bdi>{apiKey.name}</bdi>
              </PlaceLink>
              <code class="hint" translate={false}>
                {apiKey.hint}
              </code>
            </th>
            {showsOwners && (
              <td role="cell" data-label={say('owner')}>
                <OwnerLink id={apiKey.ownerId} />
              </td>
            )}
            <td role="cell" data-label={say('state')}>
              <KeyState apiKey={apiKey} />
            </td>
            <td role="cell" data-label={say('scopes')}>
              <span class="clip">{apiKey.scopes.length === 0 ? say('none') : apiKey.scopes.join(', ')}</span>
            </td>
            <td role="cell" data-label={say('ends')}>
              {apiKey.expiresAt === null ? say('noEnd') : formats.day(apiKey.expiresAt)}
            </td>
            <td role="cell" data-label={say('lastUsed')}>
              {apiKey.lastUsedAt === null ? say('never') : formats.distance(apiKey.lastUsedAt)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
