import type { ChangeContext } from '../manage/change.js';
import type { Caller, Callers } from './callers.js';
import type { ReadRequestCredential } from './credential-reader.js';
import type { DialectCall } from './dialect-call.js';
import type { DialectHost, DialectKeyService, DialectKeyspace } from './dialect-host.js';
import { noteRefusal } from './note-refusal.js';
import { runAsCaller } from './run-as-caller.js';

/** An authenticated caller and the key service that acts on its behalf. */
export interface CallerSession {
  readonly caller: Caller;
  readonly context: ChangeContext;
  readonly keys: DialectKeyService;
}

/** Authenticates the caller and runs a command on its behalf. Refusals are recorded in the access log. */
export type RunCommand = <T>(call: DialectCall, command: (known: CallerSession) => Promise<T>) => Promise<T>;

/** The dependencies of a command runner. */
export interface CommandRunnerParts {
  readonly host: Pick<DialectHost, 'access' | 'clock'>;
  readonly keyspace: DialectKeyspace;
  readonly callers: Callers;
  readonly readCredential: ReadRequestCredential;
  /** Reads the id of the key that a path names; `null` for none. Default: paths name none. */
  readonly readNamedKey?: (call: DialectCall) => string | null;
}

/** Builds the command runner of one dialect. */
export function createCommandRunner(parts: CommandRunnerParts): RunCommand {
  const { host, keyspace, callers, readCredential, readNamedKey = () => null } = parts;

  return async function runCommand(call, command) {
    const caller = await callers.authenticate(call, readCredential(call.req));
    const keys = keyspace.keys();
    const context = callers.createContext(call, caller);
    try {
      return await runAsCaller({ keys, callers, clock: host.clock }, call, caller, () =>
        command({ caller, context, keys }),
      );
    } catch (error) {
      noteRefusal(host.access, call, caller, readNamedKey(call), error);
      throw error;
    }
  };
}
