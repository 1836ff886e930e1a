/**
 * Reads a reply of Redis, and throws for a reply of another form: servers that only look like Redis, proxies and
 * clients with transformers return nil, strings or lists where a number belongs, and none of that may pass for a
 * success.
 */
export type ReadAnswer<T> = (answer: unknown) => T;

/** The code of the error for a reply of another form than the command's. */
export const unreadableCode = 'unreadable answer';

/** @throws an error that is logged as `unreadable answer`; it contains nothing of the reply */
export function refuseAnswer(): never {
  throw Object.assign(new Error('redis replied with something that the command does not return'), {
    code: unreadableCode,
  });
}

/** Whether Redis replied, but with something that cannot be read. */
export function isUnreadable(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === unreadableCode;
}

/** Reads an integer; a client with `stringNumbers: true` returns it as a string. */
export const readInteger: ReadAnswer<number> = (answer) => {
  if (typeof answer === 'number' && Number.isSafeInteger(answer)) return answer;
  if (typeof answer !== 'string' || !/^-?\d{1,16}$/.test(answer)) return refuseAnswer();
  const number = Number(answer);
  return Number.isSafeInteger(number) ? number : refuseAnswer();
};

/** Reads a list of exactly `length` integers, none of them negative. */
export function readCounts(answer: unknown, length: number): readonly number[] {
  if (!Array.isArray(answer) || answer.length !== length) return refuseAnswer();
  return answer.every(isCount) ? answer : answer.map(readCount);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

function readCount(answer: unknown): number {
  const number = readInteger(answer);
  return isCount(number) ? number : refuseAnswer();
}

/** Reads a string. */
export const readString: ReadAnswer<string> = (answer) =>
  typeof answer === 'string' ? answer : refuseAnswer();

/** Reads a list of exactly `length` strings. */
export function readStrings(answer: unknown, length: number): readonly string[] {
  if (!Array.isArray(answer) || answer.length !== length) return refuseAnswer();
  return answer.map(readString);
}
