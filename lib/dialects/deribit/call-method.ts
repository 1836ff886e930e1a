import { assertRole } from '../../manage/role-authority.js';
import type { DialectCall } from '../dialect-call.js';
import { noteRefusal } from '../note-refusal.js';
import { runAsCaller } from '../run-as-caller.js';
import type { DialectAnswer } from '../send-answer.js';
import { DeribitError } from './deribit-error.js';
import type {
  AuthenticateCaller,
  DeribitMethod,
  DeribitParts,
  MethodAnswer,
  PrivateContext,
  PrivateMethod,
} from './deribit-method.js';
import { readRpcRequest } from './read-rpc-request.js';
import { createResultAnswer } from './rpc-answer.js';
import type { CheckSecondFactor } from './second-factor.js';

/** The dependencies of method calls. */
export interface MethodCallParts extends DeribitParts {
  readonly methods: readonly DeribitMethod[];
  readonly authenticate: AuthenticateCaller;
  readonly checkSecondFactor: CheckSecondFactor;
}

/** @param path - the method as the path has it; `null` for a call to the root */
export type CallMethod = (call: DialectCall, path: string | null) => Promise<DialectAnswer>;

/** Builds the handling of every call, from request to response. */
export function createCallMethod({
  methods,
  authenticate,
  checkSecondFactor,
  ...parts
}: MethodCallParts): CallMethod {
  const byName = new Map(methods.map((method) => [method.name as string, method]));
  const { testnet } = parts.options;

  /** Prepares the method, checks the second factor, and then runs it. */
  async function callPrivate(
    context: PrivateContext,
    method: PrivateMethod,
    lacksParams: boolean,
  ): Promise<MethodAnswer> {
    if (lacksParams && method.needsParams) throw new DeribitError('missing_params');
    const run = method.prepare(context);
    if (method.operation !== undefined) assertRole({ actor: context.caller }, method.operation);
    const wanted = await checkSecondFactor(context, method);
    if (wanted !== null) return { result: wanted };
    const { call, caller, callers, keyspace, host } = context;
    return runAsCaller({ keys: keyspace.keys(), callers, clock: host.clock }, call, caller, run);
  }

  async function runMethod(call: DialectCall, path: string | null): Promise<MethodAnswer> {
    const { method: name, params, lacksParams } = await readRpcRequest(call, path);
    const method = byName.get(name);
    if (method === undefined) throw new DeribitError('method_not_found');
    if (isPublic(method)) return method.prepare({ ...parts, call, params })();
    const called = {
      ...{ scope: method.scope ?? undefined, route: `/${name}` },
      isRead: method.isRead === true,
    };
    const context = { ...parts, call, params, caller: await authenticate(call, params, called) };
    try {
      return await callPrivate(context, method, lacksParams);
    } catch (error) {
      noteRefusal(parts.host.access, call, context.caller, null, error, `/${name}`);
      throw error;
    }
  }

  return async (call, path) => createResultAnswer(call, testnet, await runMethod(call, path));
}

function isPublic(method: DeribitMethod): method is Exclude<DeribitMethod, PrivateMethod> {
  return !('scope' in method);
}
