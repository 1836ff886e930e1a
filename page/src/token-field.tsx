import type { JSX } from 'preact';
import { useSurroundings } from './context.js';
import { CountField } from './count-field.js';
import type { DraftProperties } from './draft-fields.js';
import type { ApiKey } from './records.js';

/** How long access tokens of the key live: where keys are exchanged for tokens, and nowhere else. */
export function TokenField({
  draft,
  mistakes,
  before,
  onChange,
}: DraftProperties & { before?: ApiKey }): JSX.Element | null {
  const { caller, say, formats } = useSurroundings();
  const { tokenLifetimeSeconds: usual } = caller;
  if (usual === null && (before?.tokenLifetimeSeconds ?? null) === null) return null;
  return (
    <CountField
      label={say('tokenLifetimeLabel')}
      hint={say(usual === null ? 'tokenLifetimeHint' : 'tokenLifetimeUsual', {
        span: formats.span(usual ?? 0),
        min: formats.number(60),
        max: formats.number(86_400),
      })}
      mistake={mistakes.tokenLifetime}
      typed={draft.tokenLifetime}
      onType={(tokenLifetime) => onChange({ tokenLifetime })}
    />
  );
}
