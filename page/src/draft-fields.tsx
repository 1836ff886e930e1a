import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { useSurroundings } from './context.js';
import { EditableCredits, NewCredits } from './credit-fields.js';
import { Choice, Field, Group } from './field.js';
import { listEndChoices, type DraftField, type KeyDraft } from './key-draft.js';
import { LabelFields } from './label-fields.js';
import { LimitFields } from './limit-fields.js';
import { ResourceFields } from './resource-fields.js';
import type { ApiKey, Grantable } from './records.js';
import { TokenField } from './token-field.js';

/** What every group of fields gets. */
export interface DraftProperties {
  readonly draft: KeyDraft;
  readonly grantable: Grantable;
  readonly mistakes: Readonly<Partial<Record<DraftField, string>>>;
  readonly onChange: (change: Partial<KeyDraft>) => void;
}

/** What can be changed of a key that exists, besides its name and its note. */
export function EditableFields(properties: DraftProperties & { before: ApiKey }): JSX.Element {
  return (
    <>
      <ScopeFields {...properties} />
      <EndFields {...properties} />
      <AddressFields {...properties} />
      <ResourceFields {...properties} />
      <LimitFields {...properties} />
      <EditableCredits {...properties} />
      <TokenField {...properties} />
      <LabelFields {...properties} />
    </>
  );
}

/** Everything about a new key but its name. */
export function DraftFields(properties: DraftProperties): JSX.Element {
  return (
    <>
      <ScopeFields {...properties} />
      <EndFields {...properties} />
      <AddressFields {...properties} />
      <ResourceFields {...properties} />
      <LimitFields {...properties} />
      <NewCredits {...properties} />
      <TokenField {...properties} />
      <LabelFields {...properties} />
    </>
  );
}

function toggle(names: readonly string[], name: string, isIn: boolean): readonly string[] {
  return isIn ? [...names, name] : names.filter((each) => each !== name);
}

/** Only what the person may give, and what a key has already. */
function ScopeFields({
  draft,
  grantable,
  before,
  onChange,
}: DraftProperties & { before?: ApiKey }): JSX.Element {
  const { say } = useSurroundings();
  const scopes = grantable.scopes.filter((scope) => scope.grantable);
  const others = (before?.scopes ?? []).filter((name) => !scopes.some((scope) => scope.name === name));
  const features = grantable.features.filter(
    ({ name, grantable: isGrantable }) => isGrantable || before?.features.includes(name),
  );
  return (
    <>
      <Group legend={say('mayDo')}>
        {scopes.map(({ name, description }) => (
          <Choice
            key={name}
            type="checkbox"
            isChecked={draft.scopes.includes(name)}
            onChoose={(isIn) => onChange({ scopes: toggle(draft.scopes, name, isIn) })}
          >
            {description} {description !== name && <code class="soft">{name}</code>}
          </Choice>
        ))}
        {others.map((name) => (
          <Choice
            key={name}
            type="checkbox"
            isChecked={draft.scopes.includes(name)}
            onChoose={(isIn) => onChange({ scopes: toggle(draft.scopes, name, isIn) })}
          >
            <code>{name}</code>
          </Choice>
        ))}
        {draft.scopes.length === 0 && <small class="soft">{say('noScopesChosen')}</small>}
      </Group>
      {features.length > 0 && (
        <Group legend={say('features')}>
          {features.map(({ name, description }) => (
            <Choice
              key={name}
              type="checkbox"
              isChecked={draft.features.includes(name)}
              onChoose={(isIn) => onChange({ features: toggle(draft.features, name, isIn) })}
            >
              {description}
            </Choice>
          ))}
        </Group>
      )}
    </>
  );
}

function EndFields({
  draft,
  grantable,
  mistakes,
  before,
  onChange,
}: DraftProperties & { before?: ApiKey }): JSX.Element {
  const { say, formats } = useSurroundings();
  const group = useId();
  const { maxLifetimeDays, expiresAt } = grantable.ceilings;
  return (
    <Group legend={say('end')}>
      <div class="row">
        {before !== undefined && (
          <Choice
            type="radio"
            name={group}
            isChecked={draft.end === 'keep'}
            onChoose={() => onChange({ end: 'keep' })}
          >
            {before.expiresAt === null
              ? say('endKeepNever')
              : say('endKeep', { date: formats.moment(before.expiresAt) })}
          </Choice>
        )}
        {listEndChoices(grantable).map((days) => (
          <Choice
            key={days}
            type="radio"
            name={group}
            isChecked={draft.end === days}
            onChoose={() => onChange({ end: days })}
          >
            {say('inDays', { count: formats.number(days) })}
          </Choice>
        ))}
        <Choice
          type="radio"
          name={group}
          isChecked={draft.end === 'date'}
          onChoose={() => onChange({ end: 'date' })}
        >
          {say('onDate')}
        </Choice>
        {maxLifetimeDays === null && expiresAt === null && before?.expiresAt !== null && (
          <Choice
            type="radio"
            name={group}
            isChecked={draft.end === 'never'}
            onChoose={() => onChange({ end: 'never' })}
          >
            {say('noEndChoice')}
          </Choice>
        )}
      </div>
      {draft.end === 'date' && (
        <Field
          label={say('endDate')}
          mistake={mistakes.endDate}
          hint={expiresAt === null ? undefined : say('latestEnd', { date: formats.day(expiresAt) })}
        >
          {(control) => (
            <input
              {...control}
              type="date"
              value={draft.endDate}
              onInput={({ currentTarget }) => onChange({ endDate: currentTarget.value })}
            />
          )}
        </Field>
      )}
    </Group>
  );
}

function AddressFields({ draft, mistakes, onChange }: DraftProperties): JSX.Element {
  const { say, caller } = useSurroundings();
  const group = useId();
  const { addresses } = draft;
  const { address } = caller;
  return (
    <Group legend={say('from')}>
      <div class="row">
        <Choice
          type="radio"
          name={group}
          isChecked={addresses === null}
          onChoose={() => onChange({ addresses: null })}
        >
          {say('anyAddress')}
        </Choice>
        <Choice
          type="radio"
          name={group}
          isChecked={addresses !== null}
          onChoose={() => onChange({ addresses: addresses ?? '' })}
        >
          {say('onlyAddresses')}
        </Choice>
      </div>
      {addresses !== null && (
        <>
          <Field label={say('addresses')} hint={say('addressesHint')} mistake={mistakes.addresses}>
            {(control) => (
              <textarea
                {...control}
                rows={3}
                spellcheck={false}
                value={addresses}
                onInput={({ currentTarget }) => onChange({ addresses: currentTarget.value })}
              />
            )}
          </Field>
          {address !== null && (
            <button
              type="button"
              class="button small"
              onClick={() => onChange({ addresses: `${addresses.trim()}\n${address}`.trim() })}
            >
              {say('addMyAddress', { address })}
            </button>
          )}
        </>
      )}
    </Group>
  );
}
