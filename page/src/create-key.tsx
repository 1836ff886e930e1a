import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { makeAttempt } from './admin-client.js';
import { useSurroundings } from './context.js';
import { DraftFields } from './draft-fields.js';
import { Field } from './field.js';
import { createDraft, describeDraft, findMistakes, toBody, type KeyDraft } from './key-draft.js';
import { NewSecret } from './new-secret.js';
import { PlaceLink } from './place-link.js';
import type { ChangedKey, Grantable } from './records.js';
import { ChangeTrouble, Loading, LoadTrouble } from './trouble.js';
import { useLoad } from './use-load.js';
import { ViewTitle } from './view-title.js';
import { OptionalLabel } from './optional-label.js';

/** The form for a new key, once it is known what the person may give. */
export function CreateKey(): JSX.Element {
  const { client, say } = useSurroundings();
  const grantable = useLoad('grantable', (signal) => client.get<Grantable>('/grantable', {}, signal));
  return (
    <section class="view narrow">
      <PlaceLink place={{ view: 'list' }} className="link back">
        {say('back')}
      </PlaceLink>
      <ViewTitle>{say('newKey')}</ViewTitle>
      {grantable.value !== null ? (
        isNothing(grantable.value) ? (
          <div class="notice bad" role="note">
            <strong>{say('nothingToGrant')}</strong>
            <p>{say('nothingToGrantHint')}</p>
          </div>
        ) : (
          <CreateForm grantable={grantable.value} />
        )
      ) : grantable.isLoading ? (
        <Loading />
      ) : (
        <LoadTrouble error={grantable.error} onRetry={grantable.reload} />
      )}
    </section>
  );
}

function isNothing({ scopes }: Grantable): boolean {
  return scopes.length > 0 && scopes.every((scope) => !scope.grantable);
}

function CreateForm({ grantable }: { grantable: Grantable }): JSX.Element {
  const { client, caller, say, formats, resources, go, showSecret, showNote } = useSurroundings();
  const [draft, setDraft] = useState<KeyDraft>(() => createDraft(grantable, caller.environment));
  const [isChecked, setChecked] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  /** The request as it was tried, with the name of that intention: one and the same until the form changes. */
  const tried = useRef<{ readonly body: object; readonly attempt: string } | null>(null);
  const form = useRef<HTMLFormElement>(null);
  /** Whether the person has gone elsewhere while the request was under way. */
  const isLeft = useRef(false);
  useEffect(() => () => void (isLeft.current = true), []);
  const asksForOwner = caller.ownerId === null;
  const mistakes = isChecked ? findMistakes(draft, grantable, asksForOwner, say, formats) : {};

  function change(part: Partial<KeyDraft>): void {
    tried.current = null;
    setDraft((before) => ({ ...before, ...part }));
  }

  // The first field that is wrong takes the focus, after its sentence is there.
  const [rounds, setRounds] = useState(0);
  useEffect(() => {
    if (rounds > 0) form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }, [rounds]);

  async function submit(): Promise<void> {
    setChecked(true);
    if (Object.keys(findMistakes(draft, grantable, asksForOwner, say, formats)).length > 0) {
      setRounds((before) => before + 1);
      return;
    }
    setBusy(true);
    setError(null);
    try {
      tried.current ??= { body: toBody(draft, grantable), attempt: makeAttempt() };
      const { body, attempt } = tried.current;
      const { key, ...record } = (await client.send<ChangedKey>('POST', '/keys', { body, attempt })).body;
      if (!isLeft.current) go({ view: 'key', id: record.id });
      if (key === undefined) showNote(say('secretLost'));
      else showSecret(new NewSecret(key, record.name));
    } catch (problem) {
      setError(problem);
      setBusy(false);
    }
  }

  return (
    <form
      ref={form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!isBusy) void submit();
      }}
    >
      <Field label={say('name')} hint={say('nameHint')} mistake={mistakes.name}>
        {(control) => (
          <input
            {...control}
            maxLength={100}
            autocomplete="off"
            required
            value={draft.name}
            onInput={({ currentTarget }) => change({ name: currentTarget.value })}
          />
        )}
      </Field>
      {asksForOwner && (
        <Field label={say('owner')} hint={say('ownerHint')} mistake={mistakes.ownerId}>
          {(control) => (
            <input
              {...control}
              maxLength={200}
              autocomplete="off"
              required
              value={draft.ownerId}
              onInput={({ currentTarget }) => change({ ownerId: currentTarget.value })}
            />
          )}
        </Field>
      )}
      {caller.environments.length > 1 && (
        <Field label={say('environment')}>
          {(control) => (
            <select
              {...control}
              value={draft.environment}
              onChange={({ currentTarget }) => change({ environment: currentTarget.value })}
            >
              {caller.environments.map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
      <Field label={<OptionalLabel text="description" />}>
        {(control) => (
          <textarea
            {...control}
            rows={2}
            maxLength={500}
            value={draft.description}
            onInput={({ currentTarget }) => change({ description: currentTarget.value })}
          />
        )}
      </Field>
      <DraftFields draft={draft} grantable={grantable} mistakes={mistakes} onChange={change} />
      <section class="summary" aria-label={say('summary')} aria-live="polite">
        <h3>{say('summary')}</h3>
        <p>{describeDraft(draft, grantable, resources, say, formats).join(' ')}</p>
      </section>
      <ChangeTrouble error={error} />
      <div class="actions">
        <button class="button primary" disabled={isBusy}>
          {say('create')}
        </button>
        <PlaceLink place={{ view: 'list' }} className="button">
          {say('cancel')}
        </PlaceLink>
      </div>
    </form>
  );
}
