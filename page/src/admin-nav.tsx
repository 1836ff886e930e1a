import type { JSX } from 'preact';
import { adminViews, useSurroundings, type Place } from './context.js';
import { PlaceLink } from './place-link.js';

/** The views between which an admin goes. */
export function AdminNav({ place }: { place: Place }): JSX.Element {
  const { say } = useSurroundings();
  const current =
    place.view === 'owner' ? 'owners' : 'id' in place || place.view === 'create' ? 'list' : place.view;
  return (
    <nav class="tabs" aria-label={say('views')} part="nav">
      {(['list', ...adminViews] as const).map((view) => (
        <PlaceLink key={view} place={{ view }} className="tab" isCurrent={view === current}>
          {say(`view-${view}`)}
        </PlaceLink>
      ))}
    </nav>
  );
}
