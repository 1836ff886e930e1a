import type { JSX } from 'preact';
import { CardTable, type Column } from './card-table.js';
import { useSurroundings } from './context.js';
import { KeyState } from './key-state.js';
import { OwnerLink } from './owner-link.js';
import { PlaceLink } from './place-link.js';
import type { ApiKey } from './records.js';

/** A table of keys. */
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
  const owner: Column<ApiKey> = ['owner', ({ ownerId }) => <OwnerLink id={ownerId} />];
  const columns: readonly Column<ApiKey>[] = [
    [
      'name',
      ({ id, name, hint }) => (
        <>
          <PlaceLink place={{ view: 'key', id }}>
            <bdi>{name}</bdi>
          </PlaceLink>
          <code class="hint" translate={false}>
            {hint}
          </code>
        </>
      ),
    ],
    ...(caller.ownerId === null && !isOfOneOwner ? [owner] : []),
    ['state', (apiKey) => <KeyState apiKey={apiKey} />],
    [
      'scopes',
      ({ scopes }) => <span class="clip">{scopes.length === 0 ? say('none') : scopes.join(', ')}</span>,
    ],
    ['ends', ({ expiresAt }) => (expiresAt === null ? say('noEnd') : formats.day(expiresAt))],
    ['lastUsed', ({ lastUsedAt }) => (lastUsedAt === null ? say('never') : formats.distance(lastUsedAt))],
  ];
  return (
    <CardTable
      label={say('title')}
      items={keys}
      columns={columns}
      isStale={isStale}
      keyOf={({ id }) => id}
      isOver={({ state }) => state === 'revoked'}
    />
  );
}
