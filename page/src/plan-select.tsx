import type { JSX } from 'preact';
import { useSurroundings } from './context.js';
import { Field } from './field.js';

/** A choice among the plans of the instance. Names of plans are never empty, so the default plan is. */
export function PlanSelect({
  label,
  plan,
  hasDefault = true,
  onChoose,
}: {
  label: string;
  /** Whether the default plan can be chosen as such. */
  hasDefault?: boolean;
  /** `null`: the default plan. */
  plan: string | null;
  onChoose: (plan: string | null) => void;
}): JSX.Element {
  const { caller, say } = useSurroundings();
  const names = caller.plans ?? [];
  return (
    <Field label={label}>
      {(control) => (
        <select
          {...control}
          value={plan ?? ''}
          onChange={({ currentTarget }) => onChoose(currentTarget.value === '' ? null : currentTarget.value)}
        >
          {(hasDefault || plan === null) && <option value="">{say('defaultPlan')}</option>}
          {names.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
          {/* A plan that was removed from the options still stands in records. */}
          {plan !== null && !names.includes(plan) && <option value={plan}>{plan}</option>}
        </select>
      )}
    </Field>
  );
}
