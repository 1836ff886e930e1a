import type { JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import { useSurroundings, type ResourceChoice } from './context.js';
import type { DraftProperties } from './draft-fields.js';
import { Choice, Field, Group } from './field.js';
import { splitLines } from './key-draft.js';
import { getOwn } from './get-own.js';
import type { ApiKey, GrantableKind } from './records.js';

type ResourceProperties = DraftProperties & { readonly before?: ApiKey };

/** What a key is bound to: one group for each kind of resources. */
export function ResourceFields(properties: ResourceProperties): JSX.Element {
  const bound = properties.before?.resources ?? {};
  return (
    <>
      {properties.grantable.resources
        .filter(({ name, ids }) => ids === null || ids.length > 0 || Object.hasOwn(bound, name))
        .map((kind) => (
          <KindFields key={kind.name} kind={kind} {...properties} />
        ))}
    </>
  );
}

function KindFields({
  kind,
  draft,
  mistakes,
  before,
  onChange,
}: ResourceProperties & { kind: GrantableKind }): JSX.Element {
  const { say, resources } = useSurroundings();
  const group = useId();
  const { name, description, ids, planIds } = kind;
  const chosen = getOwn(draft.resources, name);
  const set = (next: readonly string[] | null): void => {
    const { [name]: _before, ...others } = draft.resources;
    onChange({ resources: next === null ? others : { ...others, [name]: next } });
  };
  const offered = ids ?? planIds;
  const had = getOwn(before?.resources, name);
  const given: readonly ResourceChoice[] = (
    getOwn(resources, name) ??
    offered?.map((id) => ({ id })) ??
    []
  ).filter(({ id }) => offered === null || offered.includes(id) || had?.includes(id));
  // What a key has already may stay, even if this person could not give it.
  const others = given.length === 0 ? [] : (had ?? []).filter((id) => !given.some((each) => each.id === id));
  const choices = [...given, ...others.map((id) => ({ id, label: id }))];
  // Who is bound to a kind may bind a key that is not, and leave it as it is.
  const isFree = ids === null || (before !== undefined && had === undefined);
  const mistake = chosen?.length === 0 ? mistakes.resources : undefined;
  return (
    <Group legend={say('boundTo', { kind: description })}>
      {isFree && (
        <div class="row">
          <Choice type="radio" name={group} isChecked={chosen === undefined} onChoose={() => set(null)}>
            {say('boundAll')}
          </Choice>
          <Choice
            type="radio"
            name={group}
            isChecked={chosen !== undefined}
            onChoose={() => set(chosen ?? [])}
          >
            {say('boundSome')}
          </Choice>
        </div>
      )}
      {chosen !== undefined &&
        (choices.length > 0 ? (
          choices.map(({ id, label }) => (
            <Choice
              key={id}
              type="checkbox"
              isChecked={chosen.includes(id)}
              onChoose={(isIn) => set(isIn ? [...chosen, id] : chosen.filter((each) => each !== id))}
            >
              {label ?? id}
            </Choice>
          ))
        ) : (
          <TypedIds ids={chosen} mistake={mistake} onChange={set} />
        ))}
      {choices.length > 0 && mistake !== undefined && <small class="mistake">{mistake}</small>}
    </Group>
  );
}

/** Where the app offers no choices, ids are typed in. */
function TypedIds({
  ids,
  mistake,
  onChange,
}: {
  ids: readonly string[];
  mistake: string | undefined;
  onChange: (ids: readonly string[]) => void;
}): JSX.Element {
  const { say } = useSurroundings();
  const [text, setText] = useState(ids.join('\n'));
  return (
    <Field label={say('ids')} mistake={mistake}>
      {(control) => (
        <textarea
          {...control}
          rows={3}
          spellcheck={false}
          value={text}
          onInput={({ currentTarget }) => {
            setText(currentTarget.value);
            onChange(splitLines(currentTarget.value));
          }}
        />
      )}
    </Field>
  );
}
