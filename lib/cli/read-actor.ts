import type { CommandArguments, OptionDefinition } from './command.js';
import type { CommandActor } from './instance.js';

/** The option by which a command says who acts. */
export const actorOption: OptionDefinition = {
  takes: 'ID',
  help: 'The admin whom the audit log names. Default: the app itself.',
};

/** Who acts. */
export function readActor(given: CommandArguments): CommandActor {
  const id = given.getText('actor');
  return id === undefined ? { kind: 'application' } : { kind: 'admin', id };
}
