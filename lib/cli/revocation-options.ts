import { revocationReasons } from '../domain/revocation-reason.js';
import type { CommandArguments, OptionDefinition } from './command.js';
import { CommandError } from './command-error.js';

/** The options that say why something is revoked. */
export const revocationOptions: Readonly<Record<'reason' | 'comment', OptionDefinition>> = {
  reason: { takes: 'REASON', choices: revocationReasons, help: `One of ${revocationReasons.join(', ')}.` },
  comment: { takes: 'TEXT', help: 'Shown with the key, to its owner too; never to its callers.' },
};

/**
 * Why something is revoked.
 *
 * @throws CommandError
 */
export function readRevocationNote(
  given: CommandArguments,
): Readonly<Record<'reason' | 'comment', string | undefined>> {
  const reason = given.getText('reason');
  if (reason !== undefined && !revocationReasons.some((each) => each === reason))
    throw new CommandError(`--reason must be one of ${revocationReasons.join(', ')}.`, 2);
  return { reason, comment: given.getText('comment') };
}
