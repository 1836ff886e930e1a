import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { AdminClient } from './admin-client.js';
import type { Formats } from './formats.js';
import type { NewSecret } from './new-secret.js';
import type { Caller } from './records.js';
import type { Say } from './texts.js';

/** Where the person is. Nothing of it is a secret: it may stand in the address. */
export type Place =
  { readonly view: 'list' | 'create' | AdminView } | { readonly view: 'key' | 'owner'; readonly id: string };

/** The views that only admins have, in the order in which they are shown. */
export const adminViews = ['owners', 'posture', 'access', 'audit', 'plans', 'status'] as const;
export type AdminView = (typeof adminViews)[number];

export interface ResourceChoice {
  readonly id: string;
  readonly label?: string;
}

/** What every view uses. */
export interface Surroundings {
  readonly client: AdminClient;
  readonly caller: Caller;
  readonly say: Say;
  readonly formats: Formats;
  readonly resources: Readonly<Record<string, readonly ResourceChoice[]>>;
  readonly exampleUrl: string;
  readonly go: (place: Place) => void;
  /** The address of a place, for a link; `null`: places have no address. */
  readonly hrefOf: (place: Place) => string | null;
  /** Whether the person has gone anywhere: only then a view takes the focus. */
  readonly hasMoved: () => boolean;
  /** Shows a new secret, once. */
  readonly showSecret: (secret: NewSecret) => void;
  /** Shows a sentence above the view until the person goes on. */
  readonly showNote: (text: string) => void;
  /** Has a screen reader say something. */
  readonly announce: (text: string) => void;
}

export const SurroundingsContext = createContext<Surroundings | null>(null);

export function useSurroundings(): Surroundings {
  const surroundings = useContext(SurroundingsContext);
  if (surroundings === null) throw new Error('The view stands outside of the element.');
  return surroundings;
}
