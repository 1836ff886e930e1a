import { InvalidOptionError } from '../errors.js';
import type { ChangeListener, ChangeListeners } from '../feed/change-listeners.js';
import type { Running } from './running.js';

/**
 * Calls a listener with the changes of one key, also before the instance is ready.
 *
 * @returns a function that removes the listener
 * @throws InvalidOptionError for anything but the id of a key and a function
 */
export type WatchKey = (keyId: string, listener: ChangeListener) => () => void;

/**
 * Builds `onChange` of an instance.
 *
 * @param getRunning - returns what runs now, which finds out whose key it is; `null`: nothing
 */
export function createKeyWatch(
  listeners: ChangeListeners,
  getRunning: () => Pick<Running, 'findCachedPlace' | 'findPlace' | 'followChanges'> | null,
): WatchKey {
  return function watchKey(keyId, listener) {
    if (typeof keyId !== 'string' || typeof listener !== 'function') {
      throw new InvalidOptionError(
        'onChange: takes the id of a key and a function, for example (req.apiKey.id, check)',
      );
    }
    const running = getRunning();
    const place = running?.findCachedPlace(keyId) ?? null;
    const remove = listeners.add(keyId, listener, place);
    // With a listener, a process does not go quiet; it may be quiet now.
    running?.followChanges();
    // While its place is not known, the listener is called for changes of every owner and of every key.
    if (place === null) {
      running
        ?.findPlace(keyId)
        .then((found) => listeners.setPlace(keyId, found))
        .catch(() => undefined);
    }
    return remove;
  };
}
