import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useSurroundings } from './context.js';
import { DialogEnd } from './dialog-end.js';
import { Modal } from './modal.js';
import { ImpactSummary } from './impact-summary.js';
import { PlanSelect } from './plan-select.js';
import type { OwnerDialogProperties } from './owner-effect-dialog.js';
import { Loading, LoadTrouble } from './trouble.js';
import { useImpact } from './use-impact.js';

/** Another plan for an owner, with what its keys would lose. */
export function PlanDialog({
  owner,
  isBusy,
  error,
  onEdit,
  onClose,
  onConfirm,
}: OwnerDialogProperties & { onConfirm: (plan: string | null) => void }): JSX.Element {
  const { say } = useSurroundings();
  const [plan, setPlan] = useState(owner.plan);
  const impact = useImpact({ plan, ownerId: owner.ownerId });
  const isOther = plan !== owner.plan;
  return (
    <Modal title={say('planTitle', { name: owner.ownerId })} onClose={onClose} isSafe={!isBusy}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onConfirm(plan);
        }}
      >
        <PlanSelect
          label={say('plan')}
          plan={plan}
          onChoose={(next) => {
            onEdit();
            setPlan(next);
          }}
        />
        {!isOther ? (
          <p class="soft">{say('planSame')}</p>
        ) : impact.isLoading ? (
          <Loading />
        ) : impact.error !== null || impact.value === null ? (
          <LoadTrouble error={impact.error} onRetry={impact.reload} />
        ) : (
          <ImpactSummary impact={impact.value} />
        )}
        {owner.overrides !== null && <p class="soft">{say('overridesStay')}</p>}
        <DialogEnd
          error={error}
          label={say('planNow')}
          isBusy={isBusy}
          isReady={isOther && !impact.isLoading && impact.error === null && impact.value !== null}
          onClose={onClose}
        />
      </form>
    </Modal>
  );
}
