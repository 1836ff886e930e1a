/** One or several scopes; a list in `all` or `any` needs at least one. */
export type RequiredScopes<S extends string> =
  S | { readonly all: readonly [S, ...S[]] } | { readonly any: readonly [S, ...S[]] };
