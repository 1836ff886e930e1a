import { CommandError } from '../command-error.js';
import type { RemoteAnswer } from './remote-client.js';

/**
 * Reads the answer to a change. Without `effectiveBy`, every process sees it.
 *
 * @param isMade - whether an object is what the change was to bring about: an answer of anything else is no success
 * @throws CommandError where there was nothing to change, and where the answer is none of the management API
 */
export function readChange<T>(
  { status, body }: RemoteAnswer,
  isMade: (made: Readonly<Record<string, unknown>>) => boolean,
): T {
  if (body === null) throw new CommandError('There is no key or owner with this id.');
  const made = typeof body === 'object' ? (body as Readonly<Record<string, unknown>>) : {};
  const effectiveBy = readEffect(status, made['effectiveBy']);
  if (effectiveBy === undefined || !isMade(made)) {
    throw new CommandError(
      `The server answered ${status}, not as the management API does, so the change may not have been made. ` +
        'Is the address that of the router, as https://api.example.com/api-keys?',
    );
  }
  return { ...made, effectiveBy } as T;
}

/** `undefined` for what is no answer to a change: 202 says by when it is made everywhere, 200 and 201 that it is. */
function readEffect(status: number, effectiveBy: unknown): Date | null | undefined {
  if (status === 200 || status === 201) return effectiveBy === undefined ? null : undefined;
  if (status !== 202 || typeof effectiveBy !== 'string') return undefined;
  const time = new Date(effectiveBy);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
