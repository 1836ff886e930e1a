import type { Command } from './command.js';
import { CommandError } from './command-error.js';
import { formatFields } from './format-fields.js';
import { readActor } from './read-actor.js';
import { requireText } from './read-arguments.js';
import { managingOptions, runWithKeys } from './run-with-keys.js';

/** `api-keys show` */
export const showCommand: Command = {
  name: 'show',
  summary: 'Shows one key; never its secret.',
  description: '  api-keys show --app ./api-keys.js --id 3f7GkQ2mZp81XbLc',
  options: { ...managingOptions, id: { takes: 'ID', help: 'The id of the key. Required.' } },
  async run(given, host) {
    const id = requireText(given, 'id', '3f7GkQ2mZp81XbLc');
    return runWithKeys(given, host, 'withoutApp', async ({ keys }) => {
      const key = await keys.as(readActor(given)).get({ id });
      if (key === null) throw new CommandError('There is no key with this id.');
      host.terminal.print(given.hasFlag('json') ? JSON.stringify(key, null, 2) : formatFields(key));
      return 0;
    });
  },
};
