import { query, type ValidationChain } from 'express-validator';
import type { FieldRules } from '../domain/field-rules.js';
import { queryParameters, type QueryParameter } from './fields/query-parameters.js';

/** Creates the validation chain of a query parameter; all of them are optional. Parsed values are added to `parsed`. */
export function queryParameter(
  name: QueryParameter,
  rules: FieldRules,
  parsed: Map<string, unknown>,
): ValidationChain {
  return query(name)
    .optional()
    .custom((value: string) => {
      parsed.set(name, queryParameters[name].parse(value, rules));
      return true;
    });
}
