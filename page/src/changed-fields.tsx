import type { JSX } from 'preact';
import { useSurroundings } from './context.js';
import { getFieldName } from './field-name.js';
import { FieldValue } from './field-value.js';
import type { ApiKey } from './records.js';

/** What the fields are, and what they become. */
export function ChangedFields({
  apiKey,
  changes,
}: {
  apiKey: ApiKey;
  changes: Readonly<Record<string, unknown>>;
}): JSX.Element {
  const { say } = useSurroundings();
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
              <th scope="row">{getFieldName(name, say)}</th>
              <td>
                <FieldValue name={name} value={apiKey[name as keyof ApiKey] ?? null} />
              </td>
              <td>
                <FieldValue name={name} value={value} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
