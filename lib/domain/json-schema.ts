/**
 * A JSON Schema (2020-12) as OpenAPI 3.1 has it. Rules that it has no word for are keywords that begin with `x-`; each
 * of them is explained in `extension-keywords.ts`.
 */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}
