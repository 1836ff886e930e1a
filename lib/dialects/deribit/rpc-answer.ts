import { answerChange } from '../answer-change.js';
import type { DialectCall } from '../dialect-call.js';
import type { DialectAnswer } from '../send-answer.js';
import type { DeribitErrorData } from './deribit-error.js';
import type { MethodAnswer } from './deribit-method.js';
import { readRpcId } from './read-rpc-request.js';

/** The error of a JSON-RPC response. */
export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: DeribitErrorData;
}

/** Creates the response of a successful call. */
export async function createResultAnswer(
  call: DialectCall,
  testnet: boolean,
  { result, effectiveBy = null }: MethodAnswer,
): Promise<DialectAnswer> {
  return answerChange({ effectiveBy }, await createEnvelope(call, testnet, { result }));
}

/** Creates the response of a failed call. */
export async function createErrorAnswer(
  call: DialectCall,
  testnet: boolean,
  error: RpcError,
  status: number,
): Promise<DialectAnswer> {
  return { status, body: await createEnvelope(call, testnet, { error }) };
}

/** Creates the JSON-RPC response, with the id of the request in its original type. Times are microseconds. */
async function createEnvelope(
  call: DialectCall,
  testnet: boolean,
  outcome: { readonly result: unknown } | { readonly error: RpcError },
): Promise<object> {
  const id = await readRpcId(call);
  const [usIn, usOut] = [call.startedAt, call.microseconds()];
  return {
    jsonrpc: '2.0',
    ...(id === undefined ? {} : { id }),
    ...outcome,
    ...{ usIn, usOut, usDiff: usOut - usIn, testnet },
  };
}
