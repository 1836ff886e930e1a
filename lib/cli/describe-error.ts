import { getErrorCode } from '../domain/error-code.js';
import { getErrorMessage } from './get-error-message.js';

/** How many causes of causes are shown. */
const maxCauses = 3;
/** The password of an address: `postgres://name:password@host`. */
const password = /(:\/\/[^\s:/@]*):[^\s]*@|([?&]password=)[^\s&]*/gi;

/** Describes an error with its causes in one line, without the passwords of addresses. */
export function describeError(error: unknown): string {
  const parts: string[] = [];
  let current = error;
  for (let depth = 0; depth <= maxCauses && current !== undefined && current !== null; depth += 1) {
    const part = describeOne(current);
    if (!parts.includes(part)) parts.push(part);
    current = typeof current === 'object' && 'cause' in current ? current.cause : undefined;
  }
  return parts
    .join(' - because: ')
    .replace(password, (_, user?: string, name?: string) => (name === undefined ? `${user}:…@` : `${name}…`));
}

function describeOne(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('message' in error)) {
    return 'a value was thrown that is no error';
  }
  const message = getErrorMessage(error).split('\n').slice(0, 3).join(' ').trim();
  const code = getErrorCode(error);
  // An AggregateError of Node has no message of its own.
  if (message === '') return code ?? 'an error without a message';
  return code === undefined || message.includes(code) ? message : `${message} (${code})`;
}
