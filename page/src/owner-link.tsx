import type { JSX } from 'preact';
import { useSurroundings } from './context.js';
import { PlaceLink } from './place-link.js';

/** The id of an owner; for admins, a link to its page. */
export function OwnerLink({ id }: { id: string }): JSX.Element {
  const { caller } = useSurroundings();
  if (caller.kind !== 'admin') return <bdi>{id}</bdi>;
  return (
    <PlaceLink place={{ view: 'owner', id }}>
      <bdi>{id}</bdi>
    </PlaceLink>
  );
}
