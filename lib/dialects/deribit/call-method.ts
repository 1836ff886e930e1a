import type { Caller } from '../callers.js';
import { ApiKeysError } from '../../errors.js';
import type { Refusal } from '../../domain/verdict.js';
import type { DialectCall } from '../dialect-call.js';
import { runAsCaller } from '../run-as-caller.js';
import type { DialectAnswer } from '../send-answer.js';
import { DeribitError } from './deribit-error.js';
import type {
  AuthenticateDeribit,
  DeribitMethod,
  DeribitParts,
  PrivateMethod,
  Run,
} from './deribit-method.js';
import { readRpcRequest, type RpcRequest } from './read-rpc-request.js';
import { resultAnswer } from './rpc-answer.js';
import { createCheckSecondFactor, type CheckSecondFactor } from './second-factor.js';

/** What calling methods needs. */
export interface MethodCallParts extends DeribitParts {
  readonly methods: readonly DeribitMethod[];
  readonly authenticate: AuthenticateDeribit;
}

/** @param path - the method as the path has it; `null` for a call to the root */
export type CallMethod = (call: DialectCall, path: string | null) => Promise<DialectAnswer>;

/**
 * Builds what every call goes through: which method it is, who calls, whether they may, what they want, and whether they
 * have proven it with a second factor.
 */
export function createCallMethod({ methods, authenticate, ...parts }: MethodCallParts): CallMethod {
  const byName = new Map(methods.map((method) => [method.name as string, method]));
  const { secondFactor, testnet } = parts.options;
  const checkSecondFactor: CheckSecondFactor =
    secondFactor === null ? () => Promise.resolve(null) : createCheckSecondFactor(secondFactor);

  async function prepared(
    call: DialectCall,
    { method: name, params, lacksParams }: RpcRequest,
  ): Promise<Run> {
    const method = byName.get(name);
    if (method === undefined) throw new DeribitError('method_not_found');
    if (isPublic(method)) return method.prepare({ ...parts, call, params });
    const caller = await authenticate(call, params);
    assertHolds(parts, call, caller, method.scope);
    if (lacksParams && method.needsParams) throw new DeribitError('missing_params');
    const context = { ...parts, call, params, caller };
    const run = method.prepare(context);
    const wanted = await checkSecondFactor(context, method);
    if (wanted !== null) return () => Promise.resolve({ result: wanted });
    const { keyspace, callers, host } = parts;
    return () => runAsCaller({ keys: keyspace.keys(), callers, clock: host.clock }, call, caller, run);
  }

  return async (call, path) => {
    const run = await prepared(call, await readRpcRequest(call, path));
    return resultAnswer(call, testnet, await run());
  };
}

function isPublic(method: DeribitMethod): method is Exclude<DeribitMethod, PrivateMethod> {
  return !('scope' in method);
}

/** Who calls with an access token of the app has no scopes, and may do everything with what is theirs. */
function assertHolds(
  { host, keyspace }: DeribitParts,
  call: DialectCall,
  caller: Caller,
  scope: PrivateMethod['scope'],
): void {
  if (scope === null || caller.kind === 'owner') return;
  const { id, ownerId, scopes } = caller.apiKey;
  if (keyspace.keyspace.catalogue.covers(scopes, scope)) return;
  const lacking: Refusal = {
    ...{ allowed: false, code: 'insufficient_scope', keyId: id, ownerId },
    ...{ requiredScopes: [scope], missingScopes: [scope] },
  };
  host.access.refused(call.req, lacking.code, lacking);
  throw new ApiKeysError('insufficient_scope', { detail: `This needs ${scope}.`, refusal: lacking });
}
