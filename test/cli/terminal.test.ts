import { createHash } from 'node:crypto';
import { makeCommandFolder, type CommandFolder } from './command-folder.js';
import { openTerminal, type TerminalSession } from './in-terminal.js';

jest.setTimeout(120_000);

const escape = '\u001b[';
const keyOf = (index: number): string =>
  `old_${createHash('sha256').update(`key ${index}`).digest('base64url').slice(0, 32)}`;

describe('the program in a terminal', () => {
  let folder: CommandFolder;
  const environment = { DATABASE: 'file:keys.sqlite' };
  beforeAll(async () => {
    folder = makeCommandFolder();
    folder.writeInstance("foreignFormats: [{ name: 'old', pattern: /^old_[A-Za-z0-9_-]{32}$/ }]");
    const created = await folder.run(
      ['create', '--app', './api-keys.js', '--owner', 'alice', '--name', 'CI', '--scope', 'orders:read'],
      environment,
    );
    if (created.code !== 0) throw new Error(created.stderr);
    const rows = Array.from({ length: 5_000 }, (_, index) =>
      JSON.stringify({ key: keyOf(index), ownerId: 'bob' }),
    );
    folder.write('rows.jsonl', `${rows.join('\n')}\n`);
  });
  afterAll(() => folder.remove());

  const program = (args: string): string => `'${process.execPath}' dist/esm/cli/bin.js ${args}`;
  const open = (command: string, more: Record<string, string> = {}): TerminalSession =>
    openTerminal(command, { cwd: folder.path('.'), environment: { ...environment, ...more } });
  const importing =
    'import --app ./api-keys.js --format old --from rows.jsonl --set scopes=orders:read --set name=Old';

  it('shows headings and findings with colors, and in a pipe without', async () => {
    const listed = open(program('list --app ./api-keys.js'));
    expect(await listed.done).toBe(0);
    expect(listed.screen()).toContain(`${escape}1mID `);
    const [headings = '', row] = listed.screen().split('\r\n');
    expect(headings.endsWith(`HINT${escape}0m`)).toBe(true);
    expect(row).toMatch(/^\w{16} +alice/);
    const checked = open(program('doctor --app ./api-keys.js'));
    await checked.done;
    expect(checked.screen()).toContain(`${escape}1;33mwarning${escape}0m: NODE_ENV`);
    const piped = open(`${program('list --app ./api-keys.js')} | cat`);
    expect(await piped.done).toBe(0);
    expect(piped.screen()).toContain('alice');
    expect(piped.screen()).not.toContain(escape);
    for (const more of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
      const plain = open(program('list --app ./api-keys.js'), more);
      await plain.done;
      expect(plain.screen()).toContain('alice');
      expect(plain.screen()).not.toContain(escape);
    }
  });

  it('replaces the line of the progress, and stops an import at Ctrl-C', async () => {
    const session = open(program(importing));
    await session.waitFor(/\[2K[^\r\n]*rows/);
    session.type('\u0003');
    expect(await session.done).toBe(130);
    expect(session.screen()).toContain('Run the same command again');
    // What was in its place was cleared before the last lines.
    expect(session.screen().split(escape).at(-1)).toMatch(/^2KStops after the rows/);
    const piped = await folder.run([...importing.split(' '), '--dry-run'], environment);
    expect(piped.code).toBe(0);
    expect(`${piped.stdout}${piped.stderr}`).not.toContain('\u001b');
    expect(piped.stdout).toMatch(/^5000 rows read/);
  });

  it('ends at Ctrl-C while it waits for a server', async () => {
    folder.write(
      'waits.js',
      "console.log('is loading'); setInterval(() => {}, 1000); await new Promise(() => {});",
    );
    const session = open(program('list --app ./waits.js'));
    await session.waitFor(/is loading/);
    session.type('\u0003');
    expect(await session.done).toBe(130);
  });
});
