import type { Replacement } from '../harness/built-copy.js';

/** A product that ignores the versions of the keys above a key, wherever its copy of that key comes from. */
export const ignoredAncestors: readonly Replacement[] = [
  {
    file: 'lib/feed/recent-versions.ts',
    from: 'key.ancestors.every(({ id, version }) => this.#has(formatKeyName(id), version))',
    to: 'key.ancestors.length >= 0',
  },
  // The same is asked once more of all that was read, from wherever.
  {
    file: 'lib/verify/find-key.ts',
    from: 'return ancestors.some(({ id, version }) => version < versions.versionOf(id));',
    to: 'return ancestors.length < 0;',
  },
];
