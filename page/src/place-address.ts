import { adminViews, type Place } from './context.js';

/** What of a place is in an address: the views that show one thing, by the name of what they show. */
const ofOne = { key: 'keys', owner: 'owners' } as const;

/** The part of the address after `#` for a place. */
export function toHash(place: Place): string {
  if ('id' in place) return `#/${ofOne[place.view]}/${encodeURIComponent(place.id)}`;
  if (place.view === 'list') return '#/';
  return place.view === 'create' ? '#/new' : `#/${place.view}`;
}

/** The place that an address names; the list for anything else. */
export function parseHash(hash: string): Place {
  if (hash === '#/new') return { view: 'create' };
  const view = adminViews.find((each) => hash === `#/${each}`);
  if (view !== undefined) return { view };
  const [, kind, id] = /^#\/(keys|owners)\/([^/]+)$/.exec(hash) ?? [];
  if (id === undefined) return { view: 'list' };
  try {
    return { view: kind === 'keys' ? 'key' : 'owner', id: decodeURIComponent(id) };
  } catch {
    return { view: 'list' };
  }
}
