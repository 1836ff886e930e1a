import type { JSX } from 'preact';
import { useSurroundings } from './context.js';
import type { PlanImpact } from './records.js';

const losses = [
  ['scopes', 'loseScopes'],
  ['features', 'loseFeatures'],
  ['resources', 'loseResources'],
  ['ended', 'loseEnd'],
  ['surplus', 'loseSurplus'],
  ['aboveCeilings', 'aboveCeilings'],
] as const;

/** What keys would lose, in sentences with numbers; the names where they are those of one owner. */
export function ImpactSummary({ impact: { keys, items } }: { impact: PlanImpact }): JSX.Element {
  const { say, formats } = useSurroundings();
  const found = losses.filter(([kind]) => keys[kind] > 0);
  const only = items.length === 1 ? items[0] : undefined;
  const namesOf = (kind: string): readonly string[] =>
    only !== undefined && (kind === 'scopes' || kind === 'features' || kind === 'resources')
      ? only[kind]
      : [];
  const checked = say('impactChecked', { count: formats.number(keys.checked) });
  if (found.length === 0) {
    return (
      <section class="notice good" aria-label={say('effect')} aria-live="polite">
        <strong>{say('impactNone')}</strong>
        <p>{checked}</p>
      </section>
    );
  }
  return (
    <section class="notice warn" aria-label={say('effect')} aria-live="polite">
      <strong>{say('impactSome', { count: formats.number(keys.affected) })}</strong>
      <ul>
        {found.map(([kind, text]) => {
          const names = namesOf(kind);
          return (
            <li key={kind}>
              {say(text, { count: formats.number(keys[kind]) })}
              {names.length > 0 && ` (${names.join(', ')})`}
            </li>
          );
        })}
      </ul>
      <p>{checked}</p>
    </section>
  );
}
