import { suggestNames } from './known-names.js';
import { maySecretBeIn } from './secret-like.js';

/** Maximum number of unknown names that one response reports. */
export const maxShownNames = 10;

/** Only short, ordinary names are repeated in a response; others could be anything, a secret for example. */
const showableName = /^[A-Za-z_][A-Za-z0-9_-]{0,31}$/;

/** The problem with a name that is refused. */
export interface RefusedName {
  /** `null` for names that must not be repeated. */
  readonly name: string | null;
  /** What is wrong with it, or what to write instead. */
  readonly message: string;
}

/**
 * Reports unknown names.
 *
 * @param sent - the object whose own property names are checked
 */
export function listUnknownNames(sent: object, known: readonly string[]): readonly RefusedName[] {
  const names = new Set(known);
  const unknown = Object.keys(sent).filter((name) => !names.has(name));
  return listRefusedNames(unknown, {
    describe: (name) => `is not accepted here${formatAdvice(name, known)}`,
    describeOthers: (count) => (count === 1 ? 'contains an unknown name' : `contains ${count} unknown names`),
  });
}

/**
 * Reports names that are refused for one reason. What callers send determines neither how much work this is nor how long the
 * response gets: this is the only place that repeats names.
 */
export function listRefusedNames(
  refused: readonly string[],
  reason: {
    readonly describe: (name: string) => string;
    /** For the number of those that are not repeated. */
    readonly describeOthers: (count: number) => string;
  },
): readonly RefusedName[] {
  const shown = refused.filter(isShowable).slice(0, maxShownNames);
  const others = refused.length - shown.length;
  return [
    ...shown.map((name) => ({ name, message: reason.describe(name) })),
    ...(others === 0 ? [] : [{ name: null, message: reason.describeOthers(others) }]),
  ];
}

function isShowable(name: string): boolean {
  return showableName.test(name) && !maySecretBeIn(name);
}

function formatAdvice(name: string, known: readonly string[]): string {
  return known.length === 0 ? '' : `; ${suggestNames(name, known)}`;
}
