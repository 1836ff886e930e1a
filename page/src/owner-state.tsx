import type { JSX } from 'preact';
import { useSurroundings } from './context.js';
import type { Owner } from './records.js';

/** Whether the keys of an owner are accepted: a word and a colour. */
export function OwnerState({ owner }: { owner: Owner }): JSX.Element {
  const { say } = useSurroundings();
  const isSuspended = owner.suspendedAt !== null;
  return (
    <span class="states">
      <span class={`state ${isSuspended ? 'revoked' : 'active'}`}>
        {say(isSuspended ? 'ownerSuspended' : 'ownerGood')}
      </span>
    </span>
  );
}
