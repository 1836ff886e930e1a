import type { JSX } from 'preact';
import { useSurroundings } from './context.js';
import type { ApiKey } from './records.js';
import type { TextName } from './texts-english.js';

/** What the fields are, and what they become. */
export function ChangedFields({
  apiKey,
  changes,
}: {
  apiKey: ApiKey;
  changes: Readonly<Record<string, unknown>>;
}): JSX.Element {
  const { say, formats } = useSurroundings();
  const describe = (name: string, value: unknown): string => {
    if (name === 'expiresAt') return typeof value === 'string' ? formats.moment(value) : say('noEnd');
    if (Array.isArray(value) && value.every((each) => typeof each === 'string')) {
      return value.length === 0 ? say('none') : value.join(', ');
    }
    if (name === 'ipAllowlist' && value === null) return say('anyAddress');
    if (typeof value === 'string') return value;
    return value === null ? say('none') : JSON.stringify(value);
  };
  const labels: Readonly<Record<string, TextName>> = {
    ...{ name: 'name', description: 'description', scopes: 'scopes' },
    ...{ expiresAt: 'ends', ipAllowlist: 'addressesTitle' },
  };
  const label = (name: string): string => {
    const text = labels[name];
    return text === undefined ? name : say(text);
  };
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={say('effect')}>
      <table>
        <thead>
          <tr>
            <th scope="col">{say('conflictField')}</th>
            <th scope="col">{say('valueNow')}</th>
            <th scope="col">{say('valueThen')}</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(changes).map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{label(name)}</th>
              <td>{describe(name, apiKey[name as keyof ApiKey] ?? null)}</td>
              <td>{describe(name, value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
