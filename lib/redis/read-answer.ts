/**
 * Reads what Redis has answered, and throws for anything else: servers that only look like Redis, proxies and clients
 * with transformers answer nil, text or lists where a number belongs, and none of that may pass for a success.
 */
export type ReadAnswer<T> = (answer: unknown) => T;

/** The code of the error for an answer that is not what the command answers. */
export const unreadableCode = 'unreadable answer';

/** @throws an error that operators are told of as `unreadable answer`; it holds nothing of the answer */
export function refuseAnswer(): never {
  throw Object.assign(new Error('redis answered with something else than the command does'), {
    code: unreadableCode,
  });
}

/** Whether Redis answered, but nothing that can be read. */
export function isUnreadable(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === unreadableCode;
}

/** Reads an integer; a client with `stringNumbers: true` hands it over as text. */
export const readInteger: ReadAnswer<number> = (answer) => {
  if (typeof answer === 'number' && Number.isSafeInteger(answer)) return answer;
  if (typeof answer !== 'string' || !/^-?\d{1,16}$/.test(answer)) return refuseAnswer();
  const number = Number(answer);
  return Number.isSafeInteger(number) ? number : refuseAnswer();
};

/** Reads a list of so many integers. */
export function readIntegers(answer: unknown, length: number): readonly number[] {
  if (!Array.isArray(answer) || answer.length !== length) return refuseAnswer();
  return answer.every((each) => typeof each === 'number') ? answer : answer.map(readInteger);
}

/** Reads a text. */
export const readText: ReadAnswer<string> = (answer) =>
  typeof answer === 'string' ? answer : refuseAnswer();

/** Reads a list of so many texts. */
export function readTexts(answer: unknown, length: number): readonly string[] {
  if (!Array.isArray(answer) || answer.length !== length) return refuseAnswer();
  return answer.map(readText);
}
