import type { ApiKey } from '../domain/api-key-view.js';
import type { Command } from './command.js';
import { writeTable } from './write-table.js';
import { listAll } from './list-all.js';
import type { KeyCommands } from './instance-commands.js';
import { readActor } from './read-actor.js';
import { requireText } from './read-arguments.js';
import { pickGiven } from './read-options.js';
import { reportEffect } from './report-change.js';
import { readRevocationNote, revocationOptions } from './revocation-options.js';
import { managingOptions, runWithKeys } from './run-with-keys.js';

/** `api-keys revoke-all` */
export const revokeAllCommand: Command = {
  name: 'revoke-all',
  summary: 'Revokes every key of an owner for good.',
  description:
    'Keys that are revoked already are left as they are, so the command can be run again after any interruption.\n\n' +
    '  api-keys revoke-all --app ./api-keys.js --owner alice --reason keyCompromise --dry-run',
  options: {
    ...managingOptions,
    owner: { takes: 'ID', help: 'The owner. Required.' },
    ...revocationOptions,
    'dry-run': { help: 'Lists the keys that would be revoked, and revokes none.' },
  },
  async run(given, host) {
    const ownerId = requireText(given, 'owner', 'alice');
    const note = readRevocationNote(given);
    const { terminal } = host;
    return runWithKeys(given, host, 'withoutApp', async ({ keys }) => {
      const commands = keys.as(readActor(given));
      if (given.hasFlag('dry-run')) {
        const found = await listUnrevoked(commands, ownerId);
        writeKeys(found);
        terminal.say(`${found.length} would be revoked.`);
        return 0;
      }
      const revoked = await commands.revokeAll(pickGiven({ ownerId, ...note }));
      writeKeys(revoked);
      terminal.say(`${revoked.length} revoked.`);
      return reportEffect(revoked, terminal);
    });

    function writeKeys(keys: readonly { id: string; name: string; hint: string }[]): void {
      if (given.hasFlag('json')) terminal.print(JSON.stringify(keys, null, 2));
      else if (keys.length > 0) {
        const rows = keys.map(({ id, name, hint }) => [id, name, hint]);
        writeTable(terminal, ['ID', 'NAME', 'HINT'], rows);
      }
    }
  },
};

async function listUnrevoked(commands: KeyCommands, ownerId: string): Promise<readonly ApiKey[]> {
  const { items } = await listAll((page) => commands.list(page), { ownerId }, Infinity);
  return items.filter(({ state }) => state !== 'revoked');
}
