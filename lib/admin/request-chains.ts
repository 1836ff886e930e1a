import type { ValidationChain } from 'express-validator';
import type { FieldRules } from '../domain/field-rules.js';
import { createFieldChain } from './create-field-chain.js';
import { listFieldPresence } from './declared-fields.js';
import type { Declaration } from './endpoint.js';
import type { BodyField } from './fields/body-fields.js';
import { queryParameter } from './query-parameter.js';

/** The chains of an endpoint, and the names of its body fields in the order in which they are declared. */
export interface RequestChains {
  readonly names: readonly BodyField[];
  readonly chains: readonly ValidationChain[];
}

/** {@link findRequestChains}, for who has it loaded. */
export type FindRequestChains = typeof findRequestChains;

interface ChainsByCaller {
  readonly forAdmins: RequestChains;
  readonly forOthers: RequestChains;
}

const prepared = new WeakMap<FieldRules, Map<Declaration, ChainsByCaller>>();

/** Returns the chains of an endpoint, which are created once: creating them takes longer than running them. */
export function findRequestChains(
  endpoint: Declaration,
  rules: FieldRules,
  isForAdmins: boolean,
): RequestChains {
  let ofRules = prepared.get(rules);
  if (ofRules === undefined) prepared.set(rules, (ofRules = new Map()));
  let found = ofRules.get(endpoint);
  if (found === undefined) {
    found = {
      forAdmins: createRequestChains(endpoint, rules, true),
      forOthers: createRequestChains(endpoint, rules, false),
    };
    ofRules.set(endpoint, found);
  }
  return isForAdmins ? found.forAdmins : found.forOthers;
}

function createRequestChains(endpoint: Declaration, rules: FieldRules, isForAdmins: boolean): RequestChains {
  const declared = listFieldPresence(endpoint, rules);
  return {
    names: declared.map(([name]) => name),
    chains: [
      ...declared.map(([name, presence]) => createFieldChain(name, presence, rules, isForAdmins)),
      ...(endpoint.query ?? []).map((name) => queryParameter(name, rules)),
    ],
  };
}
