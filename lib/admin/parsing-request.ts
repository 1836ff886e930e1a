import type { RequestFields } from './validate-request.js';

/** What validation chains run on: the fields of one request, and what they have parsed of them. */
export interface ParsingRequest extends RequestFields {
  readonly parsedFields: Map<string, unknown>;
  readonly parsedConditions: Map<string, unknown>;
}
