import type { ImportProblem } from '../manage/import-keys.js';
import type { Command, CommandArguments, CommandHost } from './command.js';
import { CommandError } from './command-error.js';
import { ImportMonitor } from './import-monitor.js';
import { endWhenInterrupted } from './end-when-interrupted.js';
import type { Instance } from './instance.js';
import { instanceOptions, openInstance } from './open-instance.js';
import { openSource, type SourceArguments } from './open-source.js';
import { ProblemReport } from './problem-report.js';
import { actorOption, readActor } from './read-actor.js';
import { requireText } from './read-arguments.js';
import { RowMapping } from './row-mapping.js';
import type { RowSource } from './row-source.js';
import { readUntilStopped } from './stoppable-rows.js';
import { interruptedExitCode } from './terminal.js';

/** `api-keys import` */
export const importCommand: Command = {
  name: 'import',
  summary: 'Imports keys of an earlier system.',
  description:
    'Columns that are called after a field of keys.import (ownerId or owner_id) need no --column. A column about which nothing is\n' +
    'said is refused. Run the same command again after any interruption: what is there already is left as it is.\n\n' +
    '  api-keys import --app ./api-keys.js --format legacy --from keys.csv --column hash=sha256 --set scopes=orders:read --dry-run',
  options: {
    ...instanceOptions,
    format: { takes: 'NAME', help: 'The name of one of foreignFormats. Required.' },
    from: {
      takes: 'SOURCE',
      help: 'A file (.csv, .tsv, .jsonl), - for stdin, sqlite:FILE, postgres://…, or env:NAME for a variable with the address. Required.',
    },
    as: {
      takes: 'FORM',
      choices: ['csv', 'jsonl'],
      help: 'csv or jsonl, where the name of the file does not tell.',
    },
    separator: { takes: 'CHARACTER', help: 'Between the cells of CSV, or the word tab. Default: a comma.' },
    query: { takes: 'SELECT', help: 'The query whose rows are imported from a database.' },
    column: {
      takes: 'FIELD=COLUMN',
      isRepeatable: true,
      help: 'Which column goes into a field, disabled or metadata.NAME.',
    },
    set: { takes: 'FIELD=VALUE', isRepeatable: true, help: 'The value of a field for all rows.' },
    ignore: { takes: 'COLUMN', isRepeatable: true, help: 'A column that is left out.' },
    utc: { help: 'Times without a zone are in UTC. Without this, they are refused.' },
    'dry-run': { help: 'Checks every row and writes nothing.' },
    report: { takes: 'FILE', help: 'A file for everything that is wrong with rows, as JSON lines.' },
    actor: actorOption,
  },
  async run(given, host) {
    const mapping = new RowMapping({
      columns: given.listTexts('column'),
      values: given.listTexts('set'),
      ignored: given.listTexts('ignore'),
      isUtc: given.hasFlag('utc'),
    });
    const format = requireText(given, 'format', 'legacy');
    const source = readSourceArguments(given);
    const interruption = new AbortController();
    const { signal } = interruption;
    const stopListening = host.terminal.onInterrupt(() => {
      host.terminal.say('Stops after the rows that are being written. Press Ctrl-C again to end at once.');
      interruption.abort();
    });
    try {
      const instance = await endWhenInterrupted(openInstance(given, host), signal);
      return await importWith({
        instance,
        mapping,
        format,
        host,
        given,
        source,
        signal,
      });
    } finally {
      stopListening();
    }
  },
};

function readSourceArguments(given: CommandArguments): SourceArguments {
  return {
    from: requireText(given, 'from', 'keys.csv'),
    form: given.getText('as'),
    query: given.getText('query'),
    separator: given.getText('separator'),
  };
}

interface ImportRun {
  readonly instance: Instance;
  readonly mapping: RowMapping;
  readonly format: string;
  readonly host: CommandHost;
  readonly given: CommandArguments;
  readonly source: SourceArguments;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

interface OpenedRun extends ImportRun {
  readonly opened: RowSource;
  readonly report: ProblemReport;
}

/** @returns the exit code */
async function importWith(run: ImportRun): Promise<number> {
  const { instance, host, given, source, mapping, signal } = run;
  let opened: RowSource | null = null;
  try {
    await endWhenInterrupted(instance.ready(), signal);
    opened = await endWhenInterrupted(openSource(source, host), signal);
    try {
      if (opened.columns !== null) mapping.checkColumns(opened.columns);
      // Only now: what is wrong with the arguments must not cost an earlier report.
      const report = await ProblemReport.open(host.terminal, given.getText('report'));
      try {
        return await importRows({ ...run, opened, report });
      } finally {
        await report.close();
      }
    } finally {
      void opened.close();
    }
  } finally {
    // Before a row, nothing is lost when a database that does not answer is left behind.
    if (opened === null && signal.aborted) instance.close().catch(() => undefined);
    else await instance.close();
  }
}

async function importRows({
  instance,
  mapping,
  report,
  format,
  host,
  given,
  opened,
  signal,
}: OpenedRun): Promise<number> {
  const { terminal } = host;
  const dryRun = given.hasFlag('dry-run');
  const monitor = new ImportMonitor(terminal, dryRun, opened.getShare);
  const places = new Map<number, Place>();
  try {
    await instance.keys.as(readActor(given)).import({
      format,
      dryRun,
      rows: mapRows(opened, {
        mapping,
        monitor,
        report,
        places,
        signal,
      }) as AsyncIterable<object> as AsyncIterable<never>,
      onProgress: (progress) => {
        monitor.noteProgress(progress);
        dropPlaces(places, progress.rows);
      },
      onProblem: ({ row, field, message }: ImportProblem) => {
        dropPlaces(places, row - 1);
        return report.add({ ...(places.get(row) ?? { row, line: null }), field, message });
      },
    });
  } catch (error) {
    if (monitor.read > 0) terminal.say(`${monitor.summarize()}.`);
    throw error;
  }
  terminal.print(`${monitor.summarize()}.`);
  if (signal.aborted) {
    terminal.say('Interrupted. Run the same command again: what is imported already is left as it is.');
    return interruptedExitCode;
  }
  return report.count === 0 ? 0 : 1;
}

/** Where a row that was passed on stands in the source. */
interface Place {
  readonly row: number;
  readonly line: number | null;
}

/** Of rows that nothing more can be said about. */
function dropPlaces(places: Map<number, Place>, upTo: number): void {
  for (const row of places.keys()) {
    if (row > upTo) return;
    places.delete(row);
  }
}

interface RowParts {
  readonly mapping: RowMapping;
  readonly monitor: ImportMonitor;
  readonly report: ProblemReport;
  /** By the number that the import gives a row: those that the mapping has refused do not reach it. */
  readonly places: Map<number, Place>;
  readonly signal: AbortSignal;
}

async function* mapRows(
  source: RowSource,
  { mapping, monitor, report, places, signal }: RowParts,
): AsyncGenerator<object> {
  let passedOn = 0;
  for await (const given of readUntilStopped(source.rows, signal)) {
    monitor.countRow();
    const place: Place = { row: monitor.read, line: given.line };
    const { fields, problems } =
      given.problem === null
        ? mapping.read(given)
        : { fields: null, problems: [{ field: 'row', message: given.problem }] };
    if (fields === null) {
      monitor.countRefusedRow();
      for (const problem of problems) await report.add({ ...place, ...problem });
      continue;
    }
    passedOn += 1;
    places.set(passedOn, place);
    yield fields;
  }
  if (monitor.read === 0 && !signal.aborted) throw new CommandError('The source has no rows.');
}
