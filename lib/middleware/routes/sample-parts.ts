import type { Layer } from './express-stack.js';
import type { LayerPath } from './layer-paths.js';
import { expandPath } from './path-forms.js';
import { takeMatch } from './take-match.js';

/** What parameters are filled with: every character of each kind, because a guard may match only some of them. */
const fillings = [
  ...['q', '7', 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', '0123456789'],
  ...['a-b', 'a.b', '%41%2Fb', "~_!$&'+,;=:@-."],
  // Ids that patterns of parameters ask for: of MongoDB, and UUIDs.
  ...['507f1f77bcf86cd799439011', '9f1c2d3e-4b5a-4c6d-8e7f-0a1b2c3d4e5f'],
];
const wildcards = ['q', '', 'q/7', '/q', 'q/', 'a.b/c-d'];

/** A part of a path that a layer matches. */
export interface SamplePart {
  readonly text: string;
  /** Whether Express was not found to match it, because nobody can think of a value that does: `:id([0-9a-f]{24})`. */
  readonly isAssumed: boolean;
}

/**
 * Returns parts of paths that a layer matches: for each form of its path every filling, in upper and lower case, and for routes with
 * and without a slash at the end. Express says which of them match. Empty for regular expressions.
 */
export function createSampleParts(layer: Layer, path: LayerPath): readonly SamplePart[] {
  return (expandPath(layer, path) ?? []).flatMap((form) => createForForm(layer, form));
}

function createForForm(layer: Layer, form: string): readonly SamplePart[] {
  const filled = fillings.map((filling, index) => {
    const part = fill(form, filling, wildcards[index % wildcards.length] ?? '');
    // A mounted router gets the slash behind its path.
    return layer.route === undefined ? part.replace(/\/+$/, '') : part;
  });
  const parts = [...new Set(filled)];
  const matching = parts.filter((part) => isMatched(layer, part));
  if (matching.length === 0) return parts.map((text) => ({ text, isAssumed: true }));
  const [first = ''] = matching;
  const inCases = [first.toUpperCase(), first.toLowerCase()];
  const others = layer.route === undefined ? inCases : [...inCases, ...matching.map(switchSlash)];
  const all = new Set([...matching, ...others.filter((part) => isMatched(layer, part))]);
  return [...all].map((text) => ({ text, isAssumed: false }));
}

function fill(form: string, filling: string, wildcard: string): string {
  return form
    .replace(/:(?:[\p{ID_Start}$_][\p{ID_Continue}$]*|"[^"]*")(?:\((?:\\.|[^()])*\))?(\*?)/gu, (_, star) =>
      star === '' || wildcard === '' ? filling : `${filling}/${wildcard}`,
    )
    .replace(/\*(?:[\p{ID_Start}$_][\p{ID_Continue}$]*)?/gu, () => wildcard)
    .replace(/\\(.)/g, '$1');
}

function switchSlash(part: string): string {
  return part.endsWith('/') ? part.slice(0, -1) : `${part}/`;
}

function isMatched(layer: Layer, part: string): boolean {
  return takeMatch(layer, part === '' ? '/' : part) !== null;
}
