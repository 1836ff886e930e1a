import type { ApiKey } from '../domain/api-key-view.js';
import { keyStates } from '../domain/key-state.js';
import type { Command } from './command.js';
import { listAll } from './list-all.js';
import { writeList, type Column } from './write-list.js';
import { readActor } from './read-actor.js';
import { pickGiven, readCount, readLimit, readMoment } from './read-options.js';
import { managingOptions, runWithKeys } from './run-with-keys.js';

const columns: readonly Column<ApiKey>[] = [
  { heading: 'ID', getCell: ({ id }) => id },
  { heading: 'OWNER', getCell: ({ ownerId }) => ownerId },
  { heading: 'NAME', getCell: ({ name }) => name },
  {
    heading: 'STATE',
    getCell: ({ state, inactiveAncestor }) => (inactiveAncestor === null ? state : `${state}, parent is not`),
  },
  { heading: 'SCOPES', getCell: ({ scopes }) => scopes },
  { heading: 'EXPIRES', getCell: ({ expiresAt }) => expiresAt ?? 'never' },
  { heading: 'LAST USED', getCell: ({ lastUsedAt }) => lastUsedAt ?? 'never' },
  { heading: 'HINT', getCell: ({ hint }) => hint },
];

/** `api-keys list` */
export const listCommand: Command = {
  name: 'list',
  summary: 'Lists keys, the newest first.',
  description: '  api-keys list --app ./api-keys.js --owner alice --state active',
  options: {
    ...managingOptions,
    owner: { takes: 'ID', help: 'Only keys of this owner.' },
    state: { takes: 'STATE', choices: keyStates, help: `One of ${keyStates.join(', ')}.` },
    scope: { takes: 'SCOPE', help: 'Only keys with exactly this scope.' },
    tag: { takes: 'TAG', help: 'Only keys with exactly this tag.' },
    name: { takes: 'TEXT', help: 'Only keys whose name contains this.' },
    parent: { takes: 'ID', help: 'Only children of this key.' },
    'expires-before': { takes: 'TIME', help: 'Only keys that end before this time.' },
    'unused-days': { takes: 'N', help: 'Only keys that were not used for so many days.' },
    limit: { takes: 'N', help: 'At most so many. Default: 100.' },
  },
  async run(given, host) {
    const filter = pickGiven({
      ownerId: given.getText('owner'),
      state: given.getText('state'),
      scope: given.getText('scope'),
      tag: given.getText('tag'),
      q: given.getText('name'),
      parentId: given.getText('parent'),
      expiresBefore: readMoment(given, 'expires-before'),
      unusedForDays: readCount(given, 'unused-days'),
    });
    const limit = readLimit(given);
    return runWithKeys(given, host, 'withoutApp', async ({ keys }) => {
      const commands = keys.as(readActor(given));
      const read = await listAll((page) => commands.list(page), filter, limit);
      writeList(read, columns, { given, terminal: host.terminal, empty: 'There is no such key.' });
      return 0;
    });
  },
};
