import type { Command } from './command.js';
import { readActor } from './read-actor.js';
import { requireText } from './read-arguments.js';
import { pickGiven, readCount } from './read-options.js';
import { writeSecret } from './report-change.js';
import { managingOptions, runWithKeys } from './run-with-keys.js';

/** `api-keys rotate` */
export const rotateCommand: Command = {
  name: 'rotate',
  summary: 'Gives a key a new secret. It is printed this once, alone on stdout.',
  description: '  api-keys rotate --app ./api-keys.js --id 3f7GkQ2mZp81XbLc --grace 86400 > key.txt',
  options: {
    ...managingOptions,
    id: { takes: 'ID', help: 'The id of the key. Required.' },
    grace: { takes: 'SECONDS', help: 'How long the old secret still works. Default: it does not.' },
    'from-first-use': { help: 'That time begins when the new secret is first used.' },
  },
  async run(given, host) {
    const input = pickGiven({
      id: requireText(given, 'id', '3f7GkQ2mZp81XbLc'),
      gracePeriodSeconds: readCount(given, 'grace'),
      graceStartsOnFirstUse: given.hasFlag('from-first-use') ? true : undefined,
    });
    return runWithKeys(given, host, 'withApp', async ({ keys }) =>
      writeSecret(await keys.as(readActor(given)).rotate(input), { given, terminal: host.terminal }),
    );
  },
};
