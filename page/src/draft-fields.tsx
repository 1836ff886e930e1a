import type { JSX } from 'preact';
import { useId } from 'preact/hooks';
import { useSurroundings } from './context.js';
import { Choice, Field, Group } from './field.js';
import { describeLimit } from './formats.js';
import { listEndChoices, type DraftField, type KeyDraft } from './key-draft.js';
import { ResourceFields } from './resource-fields.js';
import type { ApiKey, Grantable } from './records.js';

/** What every group of fields gets. */
export interface DraftProperties {
  readonly draft: KeyDraft;
  readonly grantable: Grantable;
  readonly mistakes: Readonly<Partial<Record<DraftField, string>>>;
  readonly onChange: (change: Partial<KeyDraft>) => void;
}

const windows = { second: 1, minute: 60, hour: 3_600, day: 86_400, month: 2_592_000 } as const;

/** What can be changed of a key that exists, besides its name and its note. */
export function EditableFields(properties: DraftProperties & { before: ApiKey }): JSX.Element {
  return (
    <>
      <ScopeFields {...properties} />
      <EndFields {...properties} />
      <AddressFields {...properties} />
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
  // The features of a key that exists are not changed here.
  const features = before === undefined ? grantable.features.filter((feature) => feature.grantable) : [];
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

function LimitFields({ draft, grantable, mistakes, onChange }: DraftProperties): JSX.Element {
  const { say, formats } = useSurroundings();
  const { limits } = draft;
  const { rateLimits, credits } = grantable.ceilings;
  const others = rateLimits
    .map(({ windowSeconds }) => windowSeconds)
    .filter((seconds) => !Object.values(windows).some((each) => each === seconds));
  const change = (index: number, part: Partial<(typeof limits)[number]>): void =>
    onChange({ limits: limits.map((limit, at) => (at === index ? { ...limit, ...part } : limit)) });
  const isAllowed = credits === null ? undefined : say('creditsCeiling', { count: formats.number(credits) });
  return (
    <Group legend={say('limits')}>
      {limits.map(({ limit, windowSeconds }, index) => (
        // A row has no identity but its place.
        <div key={index} class="limit">
          <label class="field">
            <span>{say('requests')}</span>
            <input
              inputMode="numeric"
              value={limit}
              aria-invalid={mistakes.limits !== undefined}
              onInput={({ currentTarget }) => change(index, { limit: currentTarget.value })}
            />
          </label>
          <label class="field">
            <span>{say('per')}</span>
            <select
              value={String(windowSeconds)}
              onChange={({ currentTarget }) => change(index, { windowSeconds: Number(currentTarget.value) })}
            >
              {Object.entries(windows).map(([name, seconds]) => (
                <option key={name} value={String(seconds)}>
                  {say(name as keyof typeof windows)}
                </option>
              ))}
              {others.map((seconds) => (
                <option key={seconds} value={String(seconds)}>
                  {formats.span(seconds)}
                </option>
              ))}
            </select>
          </label>
          <button
            type="button"
            class="button small"
            aria-label={say('removeLimit', { number: index + 1 })}
            onClick={() => onChange({ limits: limits.filter((_limit, at) => at !== index) })}
          >
            <span aria-hidden="true">×</span>
          </button>
        </div>
      ))}
      {mistakes.limits !== undefined && <small class="mistake">{mistakes.limits}</small>}
      {rateLimits.length > 0 && (
        <small class="soft">
          {say('limitCeiling', {
            limit: formats.list(rateLimits.map((each) => describeLimit(each, say, formats))),
          })}
        </small>
      )}
      {limits.length < 10 && (
        <button
          type="button"
          class="button small"
          onClick={() => onChange({ limits: [...limits, { limit: '60', windowSeconds: 60 }] })}
        >
          {say('addLimit')}
        </button>
      )}
      <Field label={say('credits')} hint={isAllowed ?? say('creditsHint')} mistake={mistakes.credits}>
        {(control) => (
          <input
            {...control}
            inputMode="numeric"
            value={draft.credits}
            onInput={({ currentTarget }) => onChange({ credits: currentTarget.value })}
          />
        )}
      </Field>
    </Group>
  );
}
