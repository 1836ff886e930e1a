/** The kinds of resources that keys can be bound to, with a description for each. */
export interface ResourceCatalogue {
  readonly kinds: readonly string[];
  /** Whether a key can be bound to resources of this kind. */
  has(kind: string): boolean;
  /** What the app says about a kind. */
  describe(kind: string): string;
}

/** Maximum number of kinds. */
export const maxResourceKinds = 10;

/** Grammar of kinds: names that stand before a colon in lists and headers. */
const kindPattern = /^[a-z][A-Za-z0-9_-]{0,31}$/;

/**
 * @param resources - kind -> description; `{}` for an app that has none
 * @throws TypeError for a kind that does not follow the grammar, or that is a member of every object, and for too many of them
 */
export function createResourceCatalogue(resources: Readonly<Record<string, string>>): ResourceCatalogue {
  const kinds = Object.keys(resources);
  if (kinds.length > maxResourceKinds) {
    throw new TypeError(`resources: takes at most ${maxResourceKinds} kinds`);
  }
  for (const kind of kinds) {
    // Apps look kinds up in objects of their own, where `constructor` would be found without being there.
    if (kindPattern.test(kind) && !(kind in Object.prototype)) continue;
    throw new TypeError(
      `resources: ${JSON.stringify(kind)} is not a kind; write it with letters, digits, '_' and '-', beginning with a ` +
        "small letter, for example 'project'",
    );
  }
  const descriptions = new Map(Object.entries(resources));
  return {
    kinds,
    has: (kind) => descriptions.has(kind),
    describe: (kind) => descriptions.get(kind) ?? '',
  };
}

/** The catalogue of an app whose keys cannot be bound to resources. */
export const noResources: ResourceCatalogue = createResourceCatalogue({});
