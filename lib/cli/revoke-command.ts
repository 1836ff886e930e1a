import type { Command } from './command.js';
import { readActor } from './read-actor.js';
import { requireText } from './read-arguments.js';
import { pickGiven } from './read-options.js';
import { writeChange } from './report-change.js';
import { readRevocationNote, revocationOptions } from './revocation-options.js';
import { managingOptions, runWithKeys } from './run-with-keys.js';

/** `api-keys revoke` */
export const revokeCommand: Command = {
  name: 'revoke',
  summary: 'Revokes a key for good. When the command is done, no process accepts it.',
  description: '  api-keys revoke --app ./api-keys.js --id 3f7GkQ2mZp81XbLc --reason keyCompromise',
  options: {
    ...managingOptions,
    id: { takes: 'ID', help: 'The id of the key. Required.' },
    ...revocationOptions,
  },
  async run(given, host) {
    const input = pickGiven({
      id: requireText(given, 'id', '3f7GkQ2mZp81XbLc'),
      ...readRevocationNote(given),
    });
    return runWithKeys(given, host, 'withoutApp', async ({ keys }) =>
      writeChange(await keys.as(readActor(given)).revoke(input), { given, terminal: host.terminal }),
    );
  },
};
