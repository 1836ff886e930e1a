import { withoutSecrets } from '../domain/secret-like.js';

/** What an operator is told about an error. */
export interface SerializedError {
  readonly name: string;
  readonly code?: string;
  readonly message: string;
  /** Where it was thrown, without the message. */
  readonly at?: readonly string[];
  readonly cause?: SerializedError;
}

const maxMessageLength = 500;
const maxFrames = 10;
const maxCauses = 3;

/**
 * Describes an error for a log. An error's message can repeat the token that its thrower could not read, so what may be a
 * secret is left out; properties of the error (a request, its headers) are not looked at.
 */
export function serializeError(error: unknown, depth = 0): SerializedError {
  if (!isError(error)) return { name: typeof error, message: describeValue(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return {
    name: error.name,
    ...(code === undefined ? {} : { code }),
    message: shown(error.message),
    at: framesOf(error),
    ...(error.cause === undefined || depth >= maxCauses
      ? {}
      : { cause: serializeError(error.cause, depth + 1) }),
  };
}

/** Not `instanceof`: an error of another realm, as Node's own are in some test runners, is an error all the same. */
function isError(error: unknown): error is Error {
  return Object.prototype.toString.call(error) === '[object Error]' || error instanceof Error;
}

/** A text says what it is itself; of an object, what a thrown one usually has is looked at. */
function describeValue(value: unknown): string {
  const what = 'A non-Error value was thrown';
  if (typeof value !== 'object' || value === null) return `${what}: ${shown(String(value))}`;
  const { code, message } = value as Partial<Record<'code' | 'message', unknown>>;
  const said = [code, message].filter((part) => typeof part === 'string').join(': ');
  return said === '' ? what : `${what}: ${shown(said)}`;
}

/** The lines behind the message: the message itself may hold lines that look like them. */
function framesOf({ stack = '', message }: Error): readonly string[] {
  const begin = stack.indexOf(message);
  const lines = stack.slice(begin === -1 ? 0 : begin + message.length).split('\n');
  return lines
    .filter((line) => /^\s+at /.test(line))
    .slice(0, maxFrames)
    .map((line) => line.trim());
}

function shown(text: string): string {
  return withoutSecrets(text.slice(0, 4 * maxMessageLength)).slice(0, maxMessageLength);
}
