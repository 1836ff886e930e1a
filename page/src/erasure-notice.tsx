import type { JSX } from 'preact';
import { useSurroundings } from './context.js';
import { PendingNote } from './pending-note.js';
import type { ErasureReport } from './records.js';
import type { TextName } from './texts-english.js';

const removedTexts: Readonly<Record<string, TextName>> = {
  ...{ keys: 'erasedKeys', auditEntries: 'erasedEntries', accessEvents: 'erasedRequests' },
  ...{ lastUsedAddresses: 'erasedAddresses', refreshTokens: 'erasedTokens' },
  observations: 'erasedObservations',
};

/** What an erasure has removed, and until when it has to be repeated. */
export function ErasureNotice({ report }: { report: ErasureReport }): JSX.Element {
  const { say, formats } = useSurroundings();
  const { revokedKeys, removed, effectiveBy } = report;
  const lines = Object.entries(removed).filter(
    ([name, count]) => count > 0 && Object.hasOwn(removedTexts, name),
  );
  return (
    <div class="notice good" part="notice">
      <strong>{say('erasedDone')}</strong>
      {effectiveBy === undefined ? (
        <p>{say('everywhere')}</p>
      ) : (
        <>
          <PendingNote key={effectiveBy} effectiveBy={effectiveBy} />
          <p>{say('eraseAgain')}</p>
        </>
      )}
      <ul class="points">
        <li>{say('erasedRevoked', { count: formats.number(revokedKeys) })}</li>
        {lines.map(([name, count]) => (
          <li key={name}>{say(removedTexts[name] ?? 'erasedKeys', { count: formats.number(count) })}</li>
        ))}
      </ul>
    </div>
  );
}
