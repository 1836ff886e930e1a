import type { ObservedFilter } from '../audit/list-observed.js';
import type { ObservedRequests } from '../domain/observed-view.js';
import type { Command, CommandArguments } from './command.js';
import { writeTable } from './write-table.js';
import { instanceOptions, openInstance } from './open-instance.js';
import { pickGiven, readMoment } from './read-options.js';
import type { Terminal } from './terminal.js';

/** `api-keys observe` */
export const observeCommand: Command = {
  name: 'observe',
  summary: 'Shows whom guards in observe mode would have refused, and why.',
  description:
    'The most frequent requests come first.\n\n  api-keys observe --app ./api-keys.js --from 2027-01-31T12:00:00Z',
  options: {
    ...instanceOptions,
    owner: { takes: 'ID', help: 'Only keys of this owner.' },
    key: { takes: 'ID', help: 'Only this key.' },
    code: { takes: 'CODE', help: 'Only requests that would have got this error code.' },
    from: { takes: 'TIME', help: 'What was seen at this time or later, with the hour of it.' },
    to: { takes: 'TIME', help: 'What was seen before this time, with the hour of it.' },
    json: { help: 'Prints the report as JSON.' },
    check: { help: 'Exits with 1 if anybody would have been refused.' },
  },
  async run(given, host) {
    const filter = readFilter(given);
    const instance = await openInstance(given, host);
    try {
      await instance.ready();
      const report = await instance.audit.as({ kind: 'application' }).listObserved(filter);
      const { terminal } = host;
      if (given.hasFlag('json')) terminal.print(JSON.stringify(report, null, 2));
      else if (report.items.length > 0) writeObserved(terminal, report.items);
      else terminal.say('Nobody would have been refused. An empty report also means that nobody has called.');
      if (!report.complete) terminal.say('There are more than these 1,000.');
      return given.hasFlag('check') && report.items.length > 0 ? 1 : 0;
    } finally {
      await instance.close();
    }
  },
};

function readFilter(given: CommandArguments): ObservedFilter {
  return pickGiven({
    ownerId: given.getText('owner'),
    keyId: given.getText('key'),
    code: given.getText('code'),
    from: readMoment(given, 'from'),
    to: readMoment(given, 'to'),
  });
}

function writeObserved(terminal: Terminal, items: readonly ObservedRequests[]): void {
  writeTable(
    terminal,
    ['COUNT', 'METHOD', 'ROUTE', 'CODE', 'OWNER', 'KEY', 'FIRST', 'LAST'],
    items.map(({ count, method, route, code, ownerId, keyId, firstAt, lastAt }) => [
      ...[count, method, route, code, ownerId, keyId],
      ...[firstAt, lastAt].map((time) => time.toISOString()),
    ]),
  );
}
