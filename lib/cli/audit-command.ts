import type { TrailReport } from '../audit/trail-report.js';
import type { AuditEvent } from '../domain/audit-event.js';
import type { Command, CommandArguments } from './command.js';
import { CommandError } from './command-error.js';
import { exportAudit } from './export-audit.js';
import { writeTable } from './write-table.js';
import { listAll } from './list-all.js';
import type { GivenInput } from './instance-commands.js';
import { writeList, type Column } from './write-list.js';
import { readActor } from './read-actor.js';
import { pickGiven, readCount, readLimit, readMoment } from './read-options.js';
import { managingOptions, runWithKeys } from './run-with-keys.js';
import { interruptedExitCode, type Terminal } from './terminal.js';
import { verifyAudit, type AuditPart } from './verify-audit.js';

const columns: readonly Column<AuditEvent>[] = [
  { heading: 'TIME', getCell: ({ at }) => at },
  { heading: 'ACTION', getCell: ({ action }) => action },
  { heading: 'OWNER', getCell: ({ ownerId }) => ownerId },
  { heading: 'KEY', getCell: ({ keyId }) => keyId },
  {
    heading: 'ACTOR',
    getCell: ({ actor }) =>
      'id' in actor && typeof actor.id === 'string' ? `${actor.kind} ${actor.id}` : actor.kind,
  },
];

/** `api-keys audit` */
export const auditCommand: Command = {
  name: 'audit',
  summary: 'Lists, exports or verifies the audit log.',
  description:
    'A verification says how far it came when Ctrl-C or --max-entries ends it before its end: give its resume to the next one. An\n' +
    'export that broke off goes on with --after-sequence, the sequence of its last entry.\n\n' +
    'Keep the anchor of a verification where nobody who can write to the database gets to, and pass it to the next one.\n\n' +
    '  api-keys audit --app ./api-keys.js --verify --anchor 1207.k3…',
  options: {
    ...managingOptions,
    owner: { takes: 'ID', help: 'Only what concerns this owner.' },
    key: { takes: 'ID', help: 'Only what concerns this key.' },
    action: { takes: 'ACTION', help: 'Only this action: key.revoked.' },
    by: { takes: 'ID', help: 'Only what this actor did.' },
    from: { takes: 'TIME', help: 'At this time or later.' },
    to: { takes: 'TIME', help: 'Before this time.' },
    limit: { takes: 'N', help: 'At most so many. Default: 100.' },
    all: { help: 'Prints all of it as JSON lines, the oldest first.' },
    verify: { help: 'Verifies all of it. Exits with 1 if there is a problem.' },
    anchor: { takes: 'ANCHOR', help: 'With --verify: the anchor of an earlier verification.' },
    'max-entries': { takes: 'N', help: 'With --verify: stops after so many entries, and then keys.' },
    resume: {
      takes: 'RESUME',
      help: 'With --verify: goes on where an earlier part ended, with the same --anchor.',
    },
    'after-sequence': { takes: 'N', help: 'With --all: only entries behind this one.' },
  },
  async run(given, host) {
    const filter = readFilter(given);
    const limit = readLimit(given);
    const part = readPart(given);
    const afterSequence = readCount(given, 'after-sequence');
    const { terminal } = host;
    return runWithKeys(given, host, 'withoutApp', async ({ audit }) => {
      const commands = audit.as(readActor(given));
      if (given.hasFlag('verify')) {
        const { report, isInterrupted } = await verifyAudit(commands, part, terminal);
        writeReport(report, given, terminal);
        if (isInterrupted) return interruptedExitCode;
        return report.valid ? 0 : 1;
      }
      if (given.hasFlag('all')) {
        await exportAudit(commands, { ...filter, ...pickGiven({ afterSequence }) }, terminal);
        return 0;
      }
      const read = await listAll((page) => commands.list(page), filter, limit);
      writeList(read, columns, { given, terminal, empty: 'There is no such entry.' });
      return 0;
    });
  },
};

function readFilter(given: CommandArguments): GivenInput {
  const conditions = pickGiven({
    ownerId: given.getText('owner'),
    keyId: given.getText('key'),
    action: given.getText('action'),
    actor: given.getText('by'),
    from: readMoment(given, 'from'),
    to: readMoment(given, 'to'),
  });
  if (!given.hasFlag('verify')) {
    for (const name of ['anchor', 'max-entries', 'resume'])
      if (given.getText(name) !== undefined) throw new CommandError(`--${name} needs --verify.`, 2);
  } else if (given.hasFlag('all') || Object.keys(conditions).length > 0) {
    throw new CommandError('--verify checks the whole log: give it no condition, and no --all.', 2);
  }
  if (given.getText('after-sequence') !== undefined && !given.hasFlag('all'))
    throw new CommandError('--after-sequence needs --all.', 2);
  if (given.hasFlag('limit') && (given.hasFlag('all') || given.hasFlag('verify')))
    throw new CommandError('--limit is for the list, without --all and --verify.', 2);
  return conditions;
}

function readPart(given: CommandArguments): AuditPart {
  const maxEntries = readCount(given, 'max-entries');
  if (maxEntries === 0) throw new CommandError('--max-entries must be at least 1.', 2);
  return { anchor: given.getText('anchor'), resume: given.getText('resume'), maxEntries };
}

function writeReport(report: TrailReport, given: CommandArguments, terminal: Terminal): void {
  if (given.hasFlag('json')) {
    terminal.print(JSON.stringify(report, null, 2));
    return;
  }
  const { entries, keys, unsealed, unknownPeppers, problems, problemCount, anchor, remaining, resume } =
    report;
  terminal.say(
    `${entries} entries and ${keys} keys were verified: ${report.valid ? 'no problem' : `${problemCount} problems`}.`,
  );
  if (unsealed > 0) terminal.say(`${unsealed} entries have no MAC.`);
  if (unknownPeppers > 0)
    terminal.say(`${unknownPeppers} entries have a MAC under a pepper that is not configured here.`);
  if (problems.length > 0) {
    const rows = problems.map(({ kind, sequence, keyId }) => [kind, sequence, keyId]);
    writeTable(terminal, ['PROBLEM', 'ENTRY', 'KEY'], rows);
  }
  if (resume !== null) {
    const left = remaining > 0 ? `${remaining} entries are left` : 'Keys are left';
    terminal.say(`${left}. For the rest, run the same command with --resume and this:`);
    terminal.print(resume);
  }
  if (anchor !== null) {
    terminal.say('The anchor for the next verification:');
    terminal.print(anchor);
  }
}
