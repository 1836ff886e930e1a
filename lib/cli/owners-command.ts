import type { Owner } from '../domain/owner-view.js';
import type { Command } from './command.js';
import { CommandError } from './command-error.js';
import { listAll } from './list-all.js';
import { writeList, type Column } from './write-list.js';
import { readActor } from './read-actor.js';
import { pickGiven, readLimit } from './read-options.js';
import { writeChange } from './report-change.js';
import { managingOptions, runWithKeys } from './run-with-keys.js';

const columns: readonly Column<Owner>[] = [
  { heading: 'OWNER', getCell: ({ ownerId }) => ownerId },
  { heading: 'PLAN', getCell: ({ plan }) => plan },
  { heading: 'SUSPENDED', getCell: ({ suspendedAt }) => suspendedAt },
  { heading: 'REASON', getCell: ({ suspensionReason }) => suspensionReason },
];

/** `api-keys owners` */
export const ownersCommand: Command = {
  name: 'owners',
  summary: 'Lists owners about whom something is recorded, suspends one, or resumes one.',
  description:
    'When the command has suspended an owner, no process accepts a key of it.\n\n' +
    '  api-keys owners --app ./api-keys.js --suspend alice --reason "Invoice 17 is overdue"',
  options: {
    ...managingOptions,
    suspended: { help: 'Only suspended owners.' },
    id: { takes: 'TEXT', help: 'Only owners whose id contains this.' },
    limit: { takes: 'N', help: 'At most so many. Default: 100.' },
    suspend: { takes: 'ID', help: 'Refuses every key of this owner, until it is resumed.' },
    reason: { takes: 'TEXT', help: 'With --suspend: why, for operators; never sent to callers.' },
    resume: { takes: 'ID', help: 'Ends the suspension of this owner.' },
  },
  async run(given, host) {
    const [suspended, resumed, reason] = ['suspend', 'resume', 'reason'].map((name) => given.getText(name));
    if (suspended !== undefined && resumed !== undefined)
      throw new CommandError('--suspend and --resume contradict each other.', 2);
    if (reason !== undefined && suspended === undefined)
      throw new CommandError('--reason needs --suspend.', 2);
    const changes = suspended !== undefined || resumed !== undefined;
    if (changes && ['suspended', 'id', 'limit'].some((name) => given.hasFlag(name)))
      throw new CommandError(
        '--suspended, --id and --limit are for the list, without --suspend and --resume.',
        2,
      );
    const filter = pickGiven({
      suspended: given.hasFlag('suspended') ? true : undefined,
      q: given.getText('id'),
    });
    const limit = readLimit(given);
    const { terminal } = host;
    return runWithKeys(given, host, 'withoutApp', async ({ owners }) => {
      const commands = owners.as(readActor(given));
      if (suspended !== undefined) {
        const input = pickGiven({ ownerId: suspended, suspensionReason: reason });
        return writeChange(await commands.suspend(input), { given, terminal });
      }
      if (resumed !== undefined)
        return writeChange(await commands.resume({ ownerId: resumed }), { given, terminal });
      const read = await listAll((page) => commands.list(page), filter, limit);
      writeList(read, columns, { given, terminal, empty: 'There is no such owner.' });
      return 0;
    });
  },
};
