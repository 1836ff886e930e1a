import { codeIn, readDocument } from './markdown.js';
import { loggedMessages, messagesIn } from './logged-messages.js';

/** The first cell of every row; a `…` at its end stands for the rest of a message. */
const shown = readDocument('docs/reference/log-messages.md')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => codeIn(line));

const shows = (row: string, message: string): boolean =>
  row === message || (row.endsWith(' …') && message.startsWith(row.slice(0, -1)));

describe('docs/reference/log-messages.md', () => {
  const messages = loggedMessages();

  it('has one row for every message of the code', () => {
    expect(messages.length).toBeGreaterThan(30);
    const rows = messages.map((message) => [message, shown.filter((row) => shows(row, message)).length]);
    expect(rows.filter(([, count]) => count !== 1)).toEqual([]);
  });

  it('has no row for what the code never writes', () => {
    expect(shown.filter((row) => !messages.some((message) => shows(row, message)))).toEqual([]);
    expect(new Set(shown).size).toBe(shown.length);
  });
});

describe('what is read of a source', () => {
  it('are the messages, joined, with a mark for what is put in', () => {
    const source = [
      "logger.warn('api-keys: one ' + `two ${three} four`, error);",
      'begins: `five`, ends: (lost) => `${lost} six`,',
      "warning:\n  'seven',\nlogger.warn(message);",
    ].join('\n');
    expect(messagesIn(source)).toEqual(['one two … four', 'five', '… six', 'seven']);
  });
});
