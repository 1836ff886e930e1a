import { statusClasses } from '../domain/route-usage.js';
import type { KeyUsage, UsagePeriod } from '../domain/usage-view.js';
import type { Command } from './command.js';
import { CommandError } from './command-error.js';
import { writeTable } from './write-table.js';
import { readActor } from './read-actor.js';
import { requireOperand } from './read-arguments.js';
import { pickGiven, readMoment } from './read-options.js';
import { managingOptions, runWithKeys } from './run-with-keys.js';
import type { Terminal } from './terminal.js';

const operand = { name: 'KEY_ID' };
const periods = ['hour', 'day'];

/** `api-keys usage` */
export const usageCommand: Command = {
  name: 'usage',
  operand,
  summary: 'Shows how often a key was used, by day or hour, or by route.',
  description:
    'Requests with a valid secret are counted, with what they were answered. Counts are kept for 90 days. By route they are ' +
    'counted where the app sets metrics.usageByRoute.\n\n' +
    '  api-keys usage 3f7GkQ2mZp81XbLc --app ./api-keys.js --by hour --from 2027-01-31T00:00:00Z',
  options: {
    ...managingOptions,
    by: { takes: 'PERIOD', choices: periods, help: 'hour or day (UTC). Default: day.' },
    'by-route': {
      help: 'Shows the routes, with the classes of status that were answered; in whole days (UTC).',
    },
    from: { takes: 'TIME', help: 'At this time or later.' },
    to: { takes: 'TIME', help: 'Before this time.' },
  },
  async run(given, host) {
    const by = given.getText('by') ?? 'day';
    if (!periods.includes(by)) throw new CommandError(`--by is one of ${periods.join(', ')}.`, 2);
    const input = pickGiven({
      id: requireOperand(given, operand),
      by,
      from: readMoment(given, 'from'),
      to: readMoment(given, 'to'),
      byRoute: given.hasFlag('by-route') ? true : undefined,
    });
    const { terminal } = host;
    return runWithKeys(given, host, 'withoutApp', async ({ keys }) => {
      const usage = await keys.as(readActor(given)).usage(input);
      if (given.hasFlag('json')) terminal.print(JSON.stringify(usage, null, 2));
      else if (usage.routes !== undefined) writeRoutes(terminal, usage.routes);
      else if (usage.items.length > 0) writeUsage(terminal, usage);
      else terminal.say('It was not used in this time.');
      return 0;
    });
  },
};

function writeUsage(terminal: Terminal, { items }: KeyUsage): void {
  writeTable(terminal, ['START', 'ALLOWED', 'REFUSED', 'WHY'], items.map(describePeriod));
}

function writeRoutes(terminal: Terminal, routes: NonNullable<KeyUsage['routes']>): void {
  if (routes.length === 0) return terminal.say('No requests were counted by route in this time.');
  writeTable(
    terminal,
    ['ROUTE', ...statusClasses.map((status) => status.toUpperCase())],
    routes.map(({ route, counts }) => [route, ...statusClasses.map((status) => counts[status] ?? 0)]),
  );
}

function describePeriod({ start, counts }: UsagePeriod): readonly (string | number | null)[] {
  const { allowed = 0, ...others } = counts;
  const refused = Object.entries(others);
  return [
    // Of an answer over HTTP it is a string.
    new Date(start).toISOString(),
    allowed,
    refused.reduce((sum, [, count]) => sum + count, 0),
    refused.length === 0 ? null : refused.map(([code, count]) => `${code} ${count}`).join(', '),
  ];
}
