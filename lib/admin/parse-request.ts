import type { Actor } from '../domain/actor.js';
import type { FieldRules } from '../domain/field-rules.js';
import { ParsedFields, type DoubtfulFields } from '../manage/parsed-fields.js';
import { addRefused, splitReadOnly } from '../manage/requested-changes.js';
import type { Declaration } from './endpoint.js';
import type { ParsingRequest } from './parsing-request.js';
import type { FindRequestChains } from './request-chains.js';
import { validateRequest, type RequestFields } from './validate-request.js';

/** The parsed input of an endpoint: only the fields that it declares, each parsed once. */
export interface ParsedRequest {
  readonly fields: ParsedFields;
  readonly conditions: ParsedFields;
}

/**
 * Parses the body and the query of a request according to the declaration of its endpoint.
 *
 * @param findChains - `findRequestChains`, which is loaded with express-validator
 * @throws ApiKeysError like `validateRequest`
 */
export async function parseRequest(
  endpoint: Declaration,
  rules: FieldRules,
  actor: Actor,
  { body, query }: RequestFields,
  findChains: FindRequestChains,
): Promise<ParsedRequest> {
  const { names, chains } = findChains(endpoint, rules, actor.kind === 'admin');
  const parsedFields = new Map<string, unknown>();
  const parsedConditions = new Map<string, unknown>();
  // Without a prototype, it contains only what was sent.
  const sent = Object.assign(Object.create(null) as Record<string, unknown>, body);
  const { rest, doubtful: readOnly } = endpoint.acceptsUnchanged
    ? splitReadOnly(sent)
    : { rest: sent, doubtful: null };
  let doubtful = readOnly;
  try {
    const request: ParsingRequest = { body: rest, query, parsedFields, parsedConditions };
    await validateRequest(chains, request);
  } catch (error) {
    if (endpoint.acceptsUnchanged !== true) throw error;
    doubtful = addRefused(readOnly, rest, error);
  }
  // Chains run concurrently; the fields are put in the order of the declaration.
  const sortFields = (
    order: readonly string[],
    parsed: ReadonlyMap<string, unknown>,
    unsure: DoubtfulFields | null = null,
  ): ParsedFields =>
    new ParsedFields(
      order.filter((name) => parsed.has(name)).map((name) => [name, parsed.get(name)]),
      unsure,
    );
  return {
    fields: sortFields(names, parsedFields, doubtful),
    conditions: sortFields(endpoint.query ?? [], parsedConditions),
  };
}
