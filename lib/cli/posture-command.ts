import type { PostureItem } from '../domain/posture-view.js';
import type { Command } from './command.js';
import { listAll } from './list-all.js';
import { writeList, type Column } from './write-list.js';
import { readActor } from './read-actor.js';
import { pickGiven, readCount, readLimit } from './read-options.js';
import { managingOptions, runWithKeys } from './run-with-keys.js';

const columns: readonly Column<PostureItem>[] = [
  { heading: 'KEY', getCell: ({ keyId }) => keyId },
  { heading: 'OWNER', getCell: ({ ownerId }) => ownerId },
  { heading: 'NAME', getCell: ({ name }) => name },
  { heading: 'REASON', getCell: ({ reason }) => reason },
  { heading: 'SINCE', getCell: ({ since }) => since },
  {
    heading: 'REMEDY',
    getCell: ({ remedy: { method, path, body } }) => `${method} ${path} ${JSON.stringify(body)}`,
  },
];

/** `api-keys posture` */
export const postureCommand: Command = {
  name: 'posture',
  summary: 'Lists keys that deserve attention, with the call that mends each.',
  description: '  api-keys posture --app ./api-keys.js --check',
  options: {
    ...managingOptions,
    owner: { takes: 'ID', help: 'Only keys of this owner.' },
    reason: { takes: 'REASON', help: 'Only what deserves attention for this reason.' },
    'unused-days': {
      takes: 'N',
      help: 'After how many days without a use a key deserves attention. Default: 90.',
    },
    'ends-within-days': {
      takes: 'N',
      help: 'How many days before its end a key deserves attention. Default: 14.',
    },
    limit: { takes: 'N', help: 'At most so many. Default: 100.' },
    check: { help: 'Exits with 1 if there is any.' },
  },
  async run(given, host) {
    const filter = pickGiven({
      ownerId: given.getText('owner'),
      reason: given.getText('reason'),
      unusedAfterDays: readCount(given, 'unused-days'),
      endsWithinDays: readCount(given, 'ends-within-days'),
    });
    const limit = readLimit(given);
    return runWithKeys(given, host, 'withoutApp', async ({ keys }) => {
      const commands = keys.as(readActor(given));
      const read = await listAll((page) => commands.posture(page), filter, limit);
      writeList(read, columns, { given, terminal: host.terminal, empty: 'No key deserves attention.' });
      return given.hasFlag('check') && read.items.length > 0 ? 1 : 0;
    });
  },
};
