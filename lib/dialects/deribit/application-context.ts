import type { ChangeContext } from '../../manage/change.js';
import type { PublicContext } from './deribit-method.js';

/** On whose behalf chains end that are too many or were copied: nobody has asked for it. */
export function createApplicationContext({ call }: PublicContext): ChangeContext {
  return {
    actor: { kind: 'application' },
    address: call.address(),
    requestId: call.requestId,
    managementScope: null,
  };
}
