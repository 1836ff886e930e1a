import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { useSurroundings } from './context.js';
import { PlaceLink } from './place-link.js';
import type { TrailReport } from './records.js';
import { english, type TextName } from './texts-english.js';

/** What a verification has found, and the anchor to keep for the next one. */
export function TrailResult({ report }: { report: TrailReport }): JSX.Element {
  const { say, formats } = useSurroundings();
  const { valid, entries, keys, trimmed, anchor, problems, problemCount } = report;
  const notes = (['erased', 'unsealed', 'unknownPeppers'] as const).filter((name) => report[name] > 0);
  return (
    <>
      <div class={`notice ${valid ? 'good' : 'bad'}`} part="notice">
        <strong>{say(valid ? 'trailValid' : 'trailBroken')}</strong>
        <p>{say('trailChecked', { entries: formats.number(entries), keys: formats.number(keys) })}</p>
        {notes.map((name) => (
          <p key={name}>{say(`trail-${name}`, { count: formats.number(report[name]) })}</p>
        ))}
        {trimmed !== null && (
          <p>
            {say('trail-trimmed', {
              sequence: formats.number(trimmed.sequence),
              date: formats.moment(trimmed.at),
            })}
          </p>
        )}
      </div>
      {anchor !== null && <AnchorToKeep anchor={anchor} />}
      {problems.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label={say('problemsFound')}>
          <table>
            <thead>
              <tr>
                <th scope="col">{say('problemsFound')}</th>
                <th scope="col">{say('number')}</th>
                <th scope="col">{say('key')}</th>
              </tr>
            </thead>
            <tbody>
              {problems.map(({ kind, sequence, keyId }) => (
                <tr key={`${kind} ${sequence} ${keyId}`}>
                  <th scope="row">
                    {Object.hasOwn(english, `trail-${kind}`) ? say(`trail-${kind}` as TextName) : kind}{' '}
                    <code class="soft">{kind}</code>
                  </th>
                  <td>{sequence === null ? '–' : formats.number(sequence)}</td>
                  <td>
                    {keyId === null ? (
                      '–'
                    ) : (
                      <PlaceLink place={{ view: 'key', id: keyId }}>
                        <code>{keyId}</code>
                      </PlaceLink>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {problemCount > problems.length && (
        <p class="soft">{say('problemsMore', { count: formats.number(problemCount) })}</p>
      )}
    </>
  );
}

function AnchorToKeep({ anchor }: { anchor: string }): JSX.Element {
  const { say } = useSurroundings();
  const [told, setTold] = useState('');
  const shown = useRef<HTMLOutputElement>(null);

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(anchor);
      setTold(say('copied'));
    } catch {
      // Without HTTPS, or where the browser does not allow it.
      if (shown.current !== null) getSelection()?.selectAllChildren(shown.current);
      setTold(say('anchorCopyFailed'));
    }
  }

  return (
    <div class="field">
      <strong>{say('anchorToKeep')}</strong>
      <p class="soft">{say('anchorWhy')}</p>
      <div class="secret">
        <output ref={shown} aria-label={say('anchorToKeep')} translate={false}>
          {anchor}
        </output>
        <button type="button" class="button" onClick={() => void copy()}>
          {say('copy')}
        </button>
      </div>
      <p class="told" role="status">
        {told}
      </p>
    </div>
  );
}
