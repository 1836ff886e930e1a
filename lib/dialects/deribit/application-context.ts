import type { ChangeContext } from '../../manage/change.js';
import type { PublicContext } from './deribit-method.js';

/** The context in which surplus or stolen chains are revoked: the application acts, because no caller requested it. */
export function createApplicationContext({ call }: PublicContext): ChangeContext {
  return {
    actor: { kind: 'application' },
    address: call.address(),
    requestId: call.requestId,
    managementScope: null,
  };
}
