import { problems, type ProblemCode } from '../errors.js';

/** The `type` of each problem (RFC 9457). */
export type ProblemTypes = Readonly<Record<ProblemCode, string>>;

/**
 * Builds the types of problems of one instance, so that answers look them up.
 *
 * @param typeBase - what they begin with; `#` and the code follow. `about:blank` stands for itself: no type at all
 */
export function createProblemTypes(typeBase: string): ProblemTypes {
  const codes = Object.keys(problems) as ProblemCode[];
  const entries = codes.map((code) => [code, typeBase === noType ? noType : `${typeBase}#${code}`]);
  return Object.fromEntries(entries) as ProblemTypes;
}

const noType = 'about:blank';
