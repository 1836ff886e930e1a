import { getKeyState } from '../domain/key-state.js';
import { isProblem } from '../errors.js';
import type { Clock } from '../ports/clock.js';
import type { Caller, Callers } from './callers.js';
import type { DialectCall } from './dialect-call.js';
import type { DialectKeyService } from './dialect-host.js';

const refusalByState = {
  revoked: 'key_revoked',
  disabled: 'key_disabled',
  expired: 'key_expired',
} as const;

/** The key service and the authentication of callers. */
export interface RunParts {
  readonly keys: DialectKeyService;
  readonly callers: Callers;
  readonly clock: Clock;
}

/**
 * Runs a command on behalf of a caller. A key that was revoked, disabled or has expired after it was authenticated, perhaps
 * superseded by a key that a concurrent request has created, is refused as if the request had come a moment later.
 */
export async function runAsCaller<T>(
  { keys, callers, clock }: RunParts,
  call: DialectCall,
  caller: Caller,
  command: () => Promise<T>,
): Promise<T> {
  try {
    return await command();
  } catch (error) {
    if (caller.kind !== 'key' || !isProblem(error, 'forbidden')) throw error;
    const { id: keyId, ownerId } = caller.apiKey;
    const state = getKeyState(await keys.get(callers.createContext(call, caller), keyId), clock.now());
    if (state !== 'active')
      callers.refuse(call, { allowed: false, code: refusalByState[state], keyId, ownerId });
    throw error;
  }
}
