import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Answer } from './admin-client.js';
import { ConflictDialog } from './conflict-dialog.js';
import { useSurroundings } from './context.js';
import { EraseDialog } from './erase-dialog.js';
import { ExportDialog } from './export-dialog.js';
import { PlanDialog } from './plan-dialog.js';
import type { ChangedOwner, ErasureReport, OwnerWithCredits } from './records.js';
import { ResumeDialog, SuspendDialog } from './suspend-dialog.js';
import type { TextName } from './texts-english.js';
import { useChange, type Change } from './use-change.js';

type Open = 'plan' | 'suspend' | 'resume' | 'export' | 'erase';

/** What an admin can do with an owner. */
export function OwnerActions({
  owner,
  onDone,
  onErased,
  onCurrent,
}: {
  owner: OwnerWithCredits;
  onDone: (answer: Answer<ChangedOwner>, text: TextName) => void;
  onErased: (report: ErasureReport) => void;
  onCurrent: (owner: OwnerWithCredits) => void;
}): JSX.Element {
  const { client, caller, say } = useSurroundings();
  const [open, setOpen] = useState<Open | null>(null);
  const path = `/owners/${encodeURIComponent(owner.ownerId)}`;
  const change = useChange<OwnerWithCredits, ChangedOwner | ErasureReport>(path, owner, onCurrent);

  function show(next: Open | null): void {
    change.reset();
    setOpen(next);
  }
  function run<A extends ChangedOwner | ErasureReport>(
    send: Change<A>['send'],
    take: (answer: Answer<A>) => void,
  ): void {
    change.run({
      send,
      onDone: (answer) => {
        setOpen(null);
        take(answer as Answer<A>);
      },
    });
  }
  function start(text: TextName, send: Change<ChangedOwner>['send']): void {
    run(send, (answer) => onDone(answer, text));
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
      <button type="button" class="button" onClick={() => show('export')}>
        {say('export')}
      </button>
      <button type="button" class="button danger" onClick={() => show('erase')}>
        {say('erase')}
      </button>
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
      ) : open === 'export' ? (
        <ExportDialog ownerId={owner.ownerId} onClose={() => show(null)} />
      ) : open === 'erase' ? (
        <EraseDialog
          {...dialog}
          onConfirm={() => {
            run<ErasureReport>(
              (version) => client.send('DELETE', path, { version }),
              ({ body }) => onErased(body),
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
