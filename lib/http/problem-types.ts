import { problems, type ProblemCode } from '../errors.js';

/** The `type` of each problem (RFC 9457). */
export type ProblemTypes = Readonly<Record<ProblemCode, string>>;

/**
 * Builds the problem types of one instance once, so that responses only look them up.
 *
 * @param typeBase - their prefix; `#` and the code follow. `about:blank` is used as it is: no specific type
 */
export function createProblemTypes(typeBase: string): ProblemTypes {
  const codes = Object.keys(problems) as ProblemCode[];
  const entries = codes.map((code) => [code, typeBase === noType ? noType : `${typeBase}#${code}`]);
  return Object.fromEntries(entries) as ProblemTypes;
}

const noType = 'about:blank';
