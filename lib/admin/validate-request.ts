import type { ValidationChain } from 'express-validator';
import { listUnknownNames } from '../domain/list-unknown-names.js';
import { ApiKeysError, type FieldProblem } from '../errors.js';

/** The fields that a caller sent, by location. */
export interface RequestFields {
  readonly body: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, string>>;
}

type Location = keyof RequestFields;

/**
 * Runs an endpoint's chains and rejects every field that has none. All problems are reported at once; values are never
 * repeated.
 *
 * Unknown fields are not left to `checkExact`, because it looks names up in an object with a prototype, where `constructor`
 * and `__proto__` count as known.
 *
 * @throws ApiKeysError `invalid_request`; `invalid_public_key` if nothing but the public key is invalid
 */
export async function validateRequest(
  chains: readonly ValidationChain[],
  fields: RequestFields,
): Promise<void> {
  const results = await Promise.all(chains.map((chain) => chain.run(fields)));
  const known: Record<Location, string[]> = { body: [], query: [] };
  for (const { context } of results) {
    for (const location of context.locations) {
      if (location === 'body' || location === 'query') known[location].push(...context.fields);
    }
  }
  const wrong = results.flatMap((result) => result.array({ onlyFirstError: true }).map(toFieldProblem));
  const unknown = [
    ...findUnknownFields('body', fields.body, known.body),
    ...findUnknownFields('query', fields.query, known.query),
  ];
  const errors = [...wrong, ...unknown];
  if (errors.length === 0) return;
  // An invalid public key alone has its own code, as it does without HTTP.
  const isPublicKey = unknown.length === 0 && wrong.every(({ field }) => field === 'publicKey');
  throw new ApiKeysError(isPublicKey ? 'invalid_public_key' : 'invalid_request', { errors });
}

type ChainError = ReturnType<Awaited<ReturnType<ValidationChain['run']>>['array']>[number];

function toFieldProblem(error: ChainError): FieldProblem {
  if (error.type !== 'field') throw new TypeError(`A chain of one field cannot fail with ${error.type}`);
  return {
    field: error.location === 'query' ? `?${error.path}` : error.path,
    message: String(error.msg),
  };
}

function findUnknownFields(
  location: Location,
  sent: Readonly<Record<string, unknown>>,
  known: readonly string[],
): readonly FieldProblem[] {
  const mark = location === 'query' ? '?' : '';
  return listUnknownNames(sent, known).map(({ name, message }) => ({
    field: name === null ? mark || location : `${mark}${name}`,
    message,
  }));
}
