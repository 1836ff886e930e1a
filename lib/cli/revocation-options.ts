import { revocationReasons } from '../domain/revocation-reason.js';
import type { CommandArguments, OptionDefinition } from './command.js';

/** The options that say why something is revoked. */
export const revocationOptions: Readonly<Record<'reason' | 'comment', OptionDefinition>> = {
  reason: { takes: 'REASON', help: `One of ${revocationReasons.join(', ')}.` },
  comment: { takes: 'TEXT', help: 'For operators; never sent to callers.' },
};

/** Why something is revoked. */
export function readRevocationNote(
  given: CommandArguments,
): Readonly<Record<'reason' | 'comment', string | undefined>> {
  return { reason: given.getText('reason'), comment: given.getText('comment') };
}
