import { adviceFor } from './known-names.js';
import { maySecretBeIn } from './secret-like.js';

/** Most unknown names that one answer says something about. */
export const maxShownNames = 10;

/** Names that are neither long nor odd are repeated in an answer; others could be anything, a secret for example. */
const showableName = /^[A-Za-z_][A-Za-z0-9_-]{0,31}$/;

/** What is said of a name that is not known. */
export interface UnknownName {
  /** `null` for names that are not repeated. */
  readonly name: string | null;
  /** What to write instead. */
  readonly message: string;
}

/**
 * Says which names are not known. What callers send decides neither how much work this is nor how long the answer gets:
 * it is the only place that repeats names.
 *
 * @param sent - an object whose own names are looked at
 */
export function unknownNames(sent: object, known: readonly string[]): readonly UnknownName[] {
  const names = new Set(known);
  const unknown = Object.keys(sent).filter((name) => !names.has(name));
  const shown = unknown.filter(isShowable).slice(0, maxShownNames);
  const others = unknown.length - shown.length;
  return [
    ...shown.map((name) => ({ name, message: `is not accepted here${adviceOn(name, known)}` })),
    ...(others === 0 ? [] : [{ name: null, message: othersSentence(others) }]),
  ];
}

function isShowable(name: string): boolean {
  return showableName.test(name) && !maySecretBeIn(name);
}

function adviceOn(name: string, known: readonly string[]): string {
  return known.length === 0 ? '' : `; ${adviceFor(name, known)}`;
}

function othersSentence(count: number): string {
  return count === 1 ? 'holds a name that is not known here' : `holds ${count} names that are not known here`;
}
