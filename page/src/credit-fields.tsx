import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { CountField } from './count-field.js';
import { useSurroundings } from './context.js';
import type { DraftProperties } from './draft-fields.js';
import { Choice, Group } from './field.js';
import type { ApiKey } from './records.js';
import { WindowSelect } from './window-select.js';

/** The credits that a new key begins with. */
export function NewCredits({ draft, grantable, mistakes, onChange }: DraftProperties): JSX.Element {
  const { say, formats } = useSurroundings();
  const { credits } = grantable.ceilings;
  return (
    <CountField
      label={say('credits')}
      hint={credits === null ? say('creditsHint') : say('creditsCeiling', { count: formats.number(credits) })}
      mistake={mistakes.credits}
      typed={draft.credits}
      onType={(typed) => onChange({ credits: typed })}
    />
  );
}

/** The credits of a key that exists. They are spent while the form is open: unless others are set, nothing is sent. */
export function EditableCredits(properties: DraftProperties & { before: ApiKey }): JSX.Element {
  const { draft, grantable, before, onChange } = properties;
  const { say, formats } = useSurroundings();
  const group = useId();
  const radio = { type: 'radio', name: group } as const;
  const { creditsChoice: choice } = draft;
  return (
    <Group legend={say('credits')}>
      <div class="row">
        <Choice {...radio} isChecked={choice === 'keep'} onChoose={() => onChange({ creditsChoice: 'keep' })}>
          {before.credits === null
            ? say('creditsKeepNone')
            : say('creditsKeep', { count: formats.number(before.credits.remaining) })}
        </Choice>
        <Choice {...radio} isChecked={choice === 'set'} onChoose={() => onChange({ creditsChoice: 'set' })}>
          {say('creditsSet')}
        </Choice>
        {/* Where there is a maximum, a key needs credits. */}
        {before.credits !== null && grantable.ceilings.credits === null && (
          <Choice
            {...radio}
            isChecked={choice === 'none'}
            onChoose={() => onChange({ creditsChoice: 'none' })}
          >
            {say('creditsNone')}
          </Choice>
        )}
      </div>
      {choice === 'set' && <CreditNumbers {...properties} />}
    </Group>
  );
}

function CreditNumbers({
  draft,
  grantable,
  mistakes,
  before,
  onChange,
}: DraftProperties & { before: ApiKey }): JSX.Element {
  const { say, formats } = useSurroundings();
  const { credits: ceiling } = grantable.ceilings;
  const hint =
    ceiling === null
      ? say('creditsLeftHint')
      : before.credits === null
        ? say('creditsCeiling', { count: formats.number(ceiling) })
        : say('creditsLower', { count: formats.number(Math.min(ceiling, before.credits.remaining)) });
  return (
    <>
      <CountField
        label={say('creditsLeftNow')}
        hint={hint}
        mistake={mistakes.credits}
        typed={draft.credits}
        onType={(typed) => onChange({ credits: typed })}
      />
      {ceiling === null && (
        <div class="limit wide">
          <CountField
            label={say('refill')}
            hint={say('refillHint')}
            mistake={mistakes.refill}
            typed={draft.refill}
            onType={(typed) => onChange({ refill: typed })}
          />
          <WindowSelect
            label="refillEvery"
            seconds={draft.refillSeconds}
            others={[before.credits?.refillIntervalSeconds ?? draft.refillSeconds]}
            onChoose={(refillSeconds) => onChange({ refillSeconds })}
          />
        </div>
      )}
    </>
  );
}
