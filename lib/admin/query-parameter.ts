import { query, type ValidationChain } from 'express-validator';
import type { FieldRules } from '../domain/field-rules.js';
import type { ParsingRequest } from './parsing-request.js';
import { queryParameters, type QueryParameter } from './fields/query-parameters.js';

/** Creates the validation chain of a query parameter; all of them are optional. Parsed values are added to `parsedConditions` of the request that it runs on. */
export function queryParameter(name: QueryParameter, rules: FieldRules): ValidationChain {
  return query(name)
    .optional()
    .custom((value: string, { req }) => {
      (req as ParsingRequest).parsedConditions.set(name, queryParameters[name].parse(value, rules));
      return true;
    });
}
