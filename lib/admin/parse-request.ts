import type { Actor } from '../domain/actor.js';
import type { FieldRules } from '../domain/field-rules.js';
import { ParsedFields, type DoubtfulFields } from '../manage/parsed-fields.js';
import { addRefused, splitReadOnly } from '../manage/requested-changes.js';
import { createFieldChain } from './create-field-chain.js';
import { listFieldPresence } from './declared-fields.js';
import type { Declaration } from './endpoint.js';
import { queryParameter } from './query-parameter.js';
import { validateRequest, type RequestFields } from './validate-request.js';

/** The parsed input of an endpoint: only the fields that it declares, each parsed once. */
export interface ParsedRequest {
  readonly fields: ParsedFields;
  readonly conditions: ParsedFields;
}

/**
 * Parses the body and the query of a request according to the declaration of its endpoint.
 *
 * @throws ApiKeysError like `validateRequest`
 */
export async function parseRequest(
  endpoint: Declaration,
  rules: FieldRules,
  actor: Actor,
  { body, query }: RequestFields,
): Promise<ParsedRequest> {
  const declared = listFieldPresence(endpoint, rules);
  const parameters = endpoint.query ?? [];
  const fields = new Map<string, unknown>();
  const conditions = new Map<string, unknown>();
  const chains = [
    ...declared.map(([name, presence]) => createFieldChain(name, presence, rules, actor, fields)),
    ...parameters.map((name) => queryParameter(name, rules, conditions)),
  ];
  // Without a prototype, it contains only what was sent.
  const sent = Object.assign(Object.create(null) as Record<string, unknown>, body);
  const { rest, doubtful: readOnly } = endpoint.acceptsUnchanged
    ? splitReadOnly(sent)
    : { rest: sent, doubtful: null };
  let doubtful = readOnly;
  try {
    await validateRequest(chains, { body: rest, query });
  } catch (error) {
    if (endpoint.acceptsUnchanged !== true) throw error;
    doubtful = addRefused(readOnly, rest, error);
  }
  // Chains run concurrently; the fields are put in the order of the declaration.
  const sortFields = (
    names: readonly string[],
    parsed: ReadonlyMap<string, unknown>,
    unsure: DoubtfulFields | null = null,
  ): ParsedFields =>
    new ParsedFields(
      names.filter((name) => parsed.has(name)).map((name) => [name, parsed.get(name)]),
      unsure,
    );
  return {
    fields: sortFields(
      declared.map(([name]) => name),
      fields,
      doubtful,
    ),
    conditions: sortFields(parameters, conditions),
  };
}
