import { redactSecrets } from '../domain/secret-like.js';

/** An error as it is logged. */
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
 * Serializes an error for a log. A message can repeat the token that could not be parsed, so anything that may be a secret is
 * removed; other properties of the error (a request, its headers) are ignored.
 *
 * @param redactKeys - redacts what the keyspaces and formats of an instance know as keys
 */
export function serializeError(
  error: unknown,
  redactKeys: (text: string) => string = (text) => text,
  depth = 0,
): SerializedError {
  const redact = (text: string): string => redactMessage(text, redactKeys);
  if (!isError(error)) return { name: typeof error, message: describeValue(error, redact) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return {
    name: error.name,
    ...(code === undefined ? {} : { code }),
    message: redact(error.message),
    at: readFrames(error),
    ...(error.cause === undefined || depth >= maxCauses
      ? {}
      : { cause: serializeError(error.cause, redactKeys, depth + 1) }),
  };
}

/** Not `instanceof` alone: errors of another realm, as Node's own are in some test runners, count as well. */
function isError(error: unknown): error is Error {
  return Object.prototype.toString.call(error) === '[object Error]' || error instanceof Error;
}

/** Of an object that was thrown, only `code` and `message` are used. */
function describeValue(value: unknown, redact: (text: string) => string): string {
  const what = 'A non-Error value was thrown';
  if (typeof value !== 'object' || value === null) return `${what}: ${redact(String(value))}`;
  const { code, message } = value as Partial<Record<'code' | 'message', unknown>>;
  const details = [code, message].filter((part) => typeof part === 'string').join(': ');
  return details === '' ? what : `${what}: ${redact(details)}`;
}

/** Reads the stack after the message, which may itself contain lines that look like frames. */
function readFrames({ stack = '', message }: Error): readonly string[] {
  const begin = stack.indexOf(message);
  const lines = stack.slice(begin === -1 ? 0 : begin + message.length).split('\n');
  return lines
    .filter((line) => /^\s+at /.test(line))
    .slice(0, maxFrames)
    .map((line) => line.trim());
}

/** Limits the length before secrets are searched for, so that the work is bounded. */
function redactMessage(text: string, redactKeys: (text: string) => string): string {
  return redactSecrets(redactKeys(text.slice(0, 4 * maxMessageLength))).slice(0, maxMessageLength);
}
