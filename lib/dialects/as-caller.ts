import type { ChangeContext } from '../manage/change.js';
import type { Caller, Callers } from './callers.js';
import type { CredentialOf } from './credential-of-request.js';
import type { DialectCall } from './dialect-call.js';
import type { DialectHost, DialectKeyService, DialectKeyspace } from './dialect-host.js';
import { noteRefusal } from './note-refusal.js';
import { runAsCaller } from './run-as-caller.js';

/** Somebody who is known, and what is done for them. */
export interface KnownCaller {
  readonly caller: Caller;
  readonly context: ChangeContext;
  readonly keys: DialectKeyService;
}

/** Runs a command for whoever calls. Whoever may not do what they ask for is written down. */
export type AsCaller = <T>(call: DialectCall, command: (known: KnownCaller) => Promise<T>) => Promise<T>;

/** What running commands needs. */
export interface AsCallerParts {
  readonly host: Pick<DialectHost, 'access' | 'clock'>;
  readonly keyspace: DialectKeyspace;
  readonly callers: Callers;
  readonly credentialOf: CredentialOf;
  /** The id of the key that a path names; `null` for none. Default: paths name none. */
  readonly namedKey?: (call: DialectCall) => string | null;
}

/** Builds it for one dialect. */
export function createAsCaller(parts: AsCallerParts): AsCaller {
  const { host, keyspace, callers, credentialOf, namedKey = () => null } = parts;

  return async function asCaller(call, command) {
    const caller = await callers.of(call, credentialOf(call.req));
    const keys = keyspace.keys();
    const context = callers.contextOf(call, caller);
    try {
      return await runAsCaller({ keys, callers, clock: host.clock }, call, caller, () =>
        command({ caller, context, keys }),
      );
    } catch (error) {
      noteRefusal(host.access, call, caller, namedKey(call), error);
      throw error;
    }
  };
}
