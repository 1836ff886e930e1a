import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Answer } from './admin-client.js';
import { ConflictDialog } from './conflict-dialog.js';
import { useSurroundings } from './context.js';
import { PlanDialog } from './plan-dialog.js';
import type { ChangedOwner, OwnerWithCredits } from './records.js';
import { ResumeDialog, SuspendDialog } from './suspend-dialog.js';
import type { TextName } from './texts-english.js';
import { useChange, type Change } from './use-change.js';

/** What an admin can do with an owner. */
export function OwnerActions({
  owner,
  onDone,
  onCurrent,
}: {
  owner: OwnerWithCredits;
  onDone: (answer: Answer<ChangedOwner>, text: TextName) => void;
  onCurrent: (owner: OwnerWithCredits) => void;
}): JSX.Element {
  const { client, caller, say } = useSurroundings();
  const [open, setOpen] = useState<'plan' | 'suspend' | 'resume' | null>(null);
  const path = `/owners/${encodeURIComponent(owner.ownerId)}`;
  const change = useChange<OwnerWithCredits, ChangedOwner>(path, owner, onCurrent);

  function show(next: typeof open): void {
    change.reset();
    setOpen(next);
  }
  function start(text: TextName, send: Change<ChangedOwner>['send']): void {
    change.run({
      send,
      onDone: (answer) => {
        setOpen(null);
        onDone(answer, text);
      },
    });
  }
  const dialog = {
    ...{ owner, isBusy: change.isBusy, error: change.error },
    ...{ onEdit: change.reset, onClose: () => show(null) },
  };
  const isSuspended = owner.suspendedAt !== null;

  return (
    <div class="actions">
      {caller.plans !== null && caller.plans.length > 0 && (
        <button type="button" class="button" onClick={() => show('plan')}>
          {say('changePlan')}
        </button>
      )}
      {isSuspended ? (
        <button type="button" class="button" onClick={() => show('resume')}>
          {say('resume')}
        </button>
      ) : (
        <button type="button" class="button danger" onClick={() => show('suspend')}>
          {say('suspend')}
        </button>
      )}
      {change.conflict !== null ? (
        <ConflictDialog
          conflict={change.conflict}
          title="conflictOwnerTitle"
          goOnLabel="conflictOwnerGo"
          isFinal={false}
          isBusy={change.isBusy}
          onClose={() => show(null)}
        />
      ) : open === 'suspend' ? (
        <SuspendDialog
          {...dialog}
          onConfirm={(body) => {
            start('suspendedDone', (version, attempt) =>
              client.send('POST', `${path}/suspend`, { body, version, attempt }),
            );
          }}
        />
      ) : open === 'resume' ? (
        <ResumeDialog
          {...dialog}
          onConfirm={() => {
            start('resumedDone', (version, attempt) =>
              client.send('POST', `${path}/resume`, { body: {}, version, attempt }),
            );
          }}
        />
      ) : open === 'plan' ? (
        <PlanDialog
          {...dialog}
          onConfirm={(plan) => {
            const body = { plan, overrides: owner.overrides };
            start('planDone', (version, attempt) => client.send('PUT', path, { body, version, attempt }));
          }}
        />
      ) : null}
    </div>
  );
}
