import type { JSX } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';
import { useSurroundings } from './context.js';
import { Choice, Field, Group } from './field.js';
import { ImpactSummary } from './impact-summary.js';
import { ImpactTable } from './impact-table.js';
import { PlanSelect } from './plan-select.js';
import type { PlanImpact } from './records.js';
import { ChangeTrouble, Loading } from './trouble.js';
import { ViewTitle } from './view-title.js';
import { OptionalLabel } from './optional-label.js';

/** Whose keys would lose something if owners had another plan, or if a plan were another one. Nothing is changed. */
export function PlanImpactView(): JSX.Element {
  const { client, caller, say } = useSurroundings();
  const hasPlans = (caller.plans ?? []).length > 0;
  const [isOtherPlan, setOtherPlan] = useState(hasPlans);
  const [plan, setPlan] = useState<string | null>(caller.plans?.[0] ?? null);
  const [ownerId, setOwnerId] = useState('');
  const [members, setMembers] = useState('{\n  "scopes": []\n}');
  const [mistake, setMistake] = useState<string | undefined>(undefined);
  const [isBusy, setBusy] = useState(false);
  const [impact, setImpact] = useState<PlanImpact | null>(null);
  const [error, setError] = useState<unknown>(null);
  const group = useId();

  /** Counts the questions: an answer that comes late is not about the one that is shown. */
  const asked = useRef(0);

  /** What was found is not about the question any more. */
  function forget(): void {
    asked.current += 1;
    setImpact(null);
    setError(null);
    setMistake(undefined);
  }

  async function ask(): Promise<void> {
    forget();
    const as = isOtherPlan ? undefined : readObject(members);
    if (as === null) {
      setMistake(say('membersWrong'));
      return;
    }
    setBusy(true);
    const question = asked.current;
    try {
      const body = {
        ...(hasPlans ? { plan } : {}),
        ...(as === undefined ? {} : { as }),
        ...(ownerId.trim() === '' ? {} : { ownerId: ownerId.trim() }),
      };
      const answer = await client.send<PlanImpact>('POST', '/plan-impact', { body });
      if (asked.current === question) setImpact(answer.body);
    } catch (problem) {
      if (asked.current === question) setError(problem);
    }
    setBusy(false);
  }

  return (
    <section class="view">
      <header>
        <ViewTitle>{say('plansTitle')}</ViewTitle>
        <p class="soft">{say('plansIntro')}</p>
      </header>
      <form
        class="narrow"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (!isBusy) void ask();
        }}
      >
        {hasPlans && (
          <Group legend={say('plansQuestion')}>
            {([true, false] as const).map((isOther) => (
              <Choice
                key={String(isOther)}
                type="radio"
                name={group}
                isChecked={isOtherPlan === isOther}
                onChoose={() => {
                  forget();
                  setOtherPlan(isOther);
                  // The default plan is changed under its name.
                  if (!isOther && plan === null) setPlan(caller.plans?.[0] ?? null);
                }}
              >
                {say(isOther ? 'plansMove' : 'plansChange')}
              </Choice>
            ))}
          </Group>
        )}
        {hasPlans && (
          <PlanSelect
            label={say('plan')}
            plan={plan}
            hasDefault={isOtherPlan}
            onChoose={(next) => {
              forget();
              setPlan(next);
            }}
          />
        )}
        {!isOtherPlan && (
          <Field label={say('members')} hint={say('membersHint')} mistake={mistake}>
            {(control) => (
              <textarea
                {...control}
                class="json"
                rows={6}
                spellcheck={false}
                value={members}
                onInput={({ currentTarget }) => {
                  forget();
                  setMembers(currentTarget.value);
                }}
              />
            )}
          </Field>
        )}
        <Field label={<OptionalLabel text="owner" />} hint={say('plansOwnerHint')}>
          {(control) => (
            <input
              {...control}
              maxLength={200}
              autocapitalize="off"
              spellcheck={false}
              value={ownerId}
              onInput={({ currentTarget }) => {
                forget();
                setOwnerId(currentTarget.value);
              }}
            />
          )}
        </Field>
        <div class="actions">
          <button class="button primary" disabled={isBusy}>
            {say('plansAsk')}
          </button>
        </div>
        <ChangeTrouble error={error} />
      </form>
      {isBusy && <Loading />}
      {impact !== null && (
        <>
          <ImpactSummary impact={impact} />
          {impact.items.length > 0 && <ImpactTable impact={impact} />}
        </>
      )}
    </section>
  );
}

function readObject(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
