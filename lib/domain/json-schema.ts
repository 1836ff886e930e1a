/**
 * A JSON Schema (2020-12) as used by OpenAPI 3.1. Rules that it cannot express are extension keywords that begin with `x-`;
 * each of them is explained in `extension-keywords.ts`.
 */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}
