import type { JSX } from 'preact';
import { useSurroundings } from './context.js';
import { getFieldName } from './field-name.js';
import { FieldValue } from './field-value.js';
import { Modal } from './modal.js';
import type { TextName } from './texts-english.js';
import type { Conflict } from './use-change.js';

/** Fields that change by themselves, and say nothing to people. */
const silent = new Set([
  ...['version', 'createdAt', 'updatedAt', 'lastUsedAt', 'lastUsedAddress', 'useCount', 'idleAt'],
  ...['effectiveBy'],
]);

/** What somebody else has changed meanwhile; the change is only made when the person wants it of what is there now. */
export function ConflictDialog<R extends object>({
  conflict: { seen, current, goOn },
  title,
  goOnLabel,
  isFinal,
  isBusy,
  onClose,
}: {
  conflict: Conflict<R>;
  title: TextName;
  goOnLabel: TextName;
  /** Whether nothing can be changed any more. */
  isFinal: boolean;
  isBusy: boolean;
  onClose: () => void;
}): JSX.Element {
  const { say } = useSurroundings();
  const changed = (Object.keys(current) as (keyof R & string)[]).filter(
    (name) => !silent.has(name) && JSON.stringify(seen[name]) !== JSON.stringify(current[name]),
  );
  return (
    <Modal title={say(title)} onClose={onClose}>
      <p>{say('conflictIntro')}</p>
      {changed.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label={say(title)}>
          <table>
            <thead>
              <tr>
                <th scope="col">{say('conflictField')}</th>
                <th scope="col">{say('conflictBefore')}</th>
                <th scope="col">{say('conflictNow')}</th>
              </tr>
            </thead>
            <tbody>
              {changed.map((name) => (
                <tr key={name}>
                  <th scope="row">{getFieldName(name, say)}</th>
                  <td>
                    <FieldValue name={name} value={seen[name]} />
                  </td>
                  <td>
                    <FieldValue name={name} value={current[name]} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <div class="actions">
        {!isFinal && (
          <button type="button" class="button" disabled={isBusy} onClick={goOn}>
            {say(goOnLabel)}
          </button>
        )}
        <button type="button" class="button primary" onClick={onClose}>
          {say('cancel')}
        </button>
      </div>
    </Modal>
  );
}
