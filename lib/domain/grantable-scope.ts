/** What a key can be granted: a scope of the catalogue, or a wildcard over some. */
export type GrantableScope<S extends string> = S | '*' | `${string}:*`;
