import type { Command } from './command.js';
import { CommandError } from './command-error.js';
import { readActor } from './read-actor.js';
import { requireText } from './read-arguments.js';
import { pickGiven, readEnd } from './read-options.js';
import { writeChange } from './report-change.js';
import { managingOptions, runWithKeys } from './run-with-keys.js';

/** `api-keys update` */
export const updateCommand: Command = {
  name: 'update',
  summary: 'Changes a key: what is not named stays as it is.',
  description: '  api-keys update --app ./api-keys.js --id 3f7GkQ2mZp81XbLc --disable',
  options: {
    ...managingOptions,
    id: { takes: 'ID', help: 'The id of the key. Required.' },
    enable: { help: 'Requests with it are accepted again.' },
    disable: { help: 'Requests with it are refused until it is enabled.' },
    name: { takes: 'TEXT', help: 'Its new name.' },
    description: { takes: 'TEXT', help: 'Its new description.' },
    scope: {
      takes: 'SCOPE',
      isRepeatable: true,
      help: 'Its scopes: all of them, in place of those that it has.',
    },
    tag: { takes: 'TAG', isRepeatable: true, help: 'Its tags: all of them, in place of those that it has.' },
    expires: { takes: 'TIME', help: 'When it ends, or never.' },
  },
  async run(given, host) {
    const id = requireText(given, 'id', '3f7GkQ2mZp81XbLc');
    if (given.hasFlag('enable') && given.hasFlag('disable'))
      throw new CommandError('--enable and --disable contradict each other.', 2);
    const [scopes, tags] = [given.listTexts('scope'), given.listTexts('tag')];
    const changes = pickGiven({
      enabled: given.hasFlag('enable') ? true : given.hasFlag('disable') ? false : undefined,
      name: given.getText('name'),
      description: given.getText('description'),
      scopes: scopes.length === 0 ? undefined : scopes,
      tags: tags.length === 0 ? undefined : tags,
      expiresAt: readEnd(given, 'expires'),
    });
    if (Object.keys(changes).length === 0)
      throw new CommandError('There is nothing to change; for example --disable', 2);
    return runWithKeys(given, host, 'withApp', async ({ keys }) =>
      writeChange(await keys.as(readActor(given)).update({ id, ...changes }), {
        given,
        terminal: host.terminal,
      }),
    );
  },
};
