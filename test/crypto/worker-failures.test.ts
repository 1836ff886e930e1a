import { makeScriptFolder, type ScriptFolder } from '../harness/script-folder.js';

jest.setTimeout(180_000);

let scripts: ScriptFolder;
beforeAll(() => {
  scripts = makeScriptFolder();
});
afterAll(() => scripts.remove());

/** @param worker - what stands in the place of Node's class */
const makeKey = (worker: string): string => `
import threads from 'node:worker_threads';
import { syncBuiltinESMExports } from 'node:module';
const { Worker } = threads;
threads.Worker = ${worker};
syncBuiltinESMExports();
const { createApiKeys } = await import('./express-api-keys.mjs');
const log = (...said) => console.log(JSON.stringify(said));
const apiKeys = createApiKeys({
  prefix: 'acme',
  scopes: { 'orders:read': 'Read orders' },
  pepper: 'test-pepper-test-pepper-test-pepper!',
  bcryptCost: 8,
  database: 'file:' + process.argv[2],
  logger: { warn: log, error: log },
});
await apiKeys.keys.as({ kind: 'application' }).create({ ownerId: 'alice', name: 'job', scopes: [] });
await apiKeys.close();
`;

it.each([
  [
    'cannot be started',
    "class { constructor() { throw new Error('no more threads here') } }",
    { name: 'Error', message: 'no more threads here' },
  ],
  [
    'fails before it answers',
    'class extends Worker { constructor(_, options) { super("throw new RangeError(\'no room here\')", options) } }',
    { name: 'RangeError', message: 'no room here' },
  ],
  [
    'throws what is no Error',
    'class extends Worker { constructor(_, options) { super("throw \'no room here\'", options) } }',
    { name: 'string', message: 'A non-Error value was thrown: no room here' },
  ],
])('P21: the reason why a worker %s is in the log', async (name, worker, reason) => {
  const file = scripts.path(`${name.replaceAll(' ', '-')}.sqlite`);
  const { code, lines, errors } = await scripts.run(makeKey(worker), [file]);
  expect([code, errors]).toEqual([0, '']);
  const [tables, ...said] = lines.map((line) => JSON.parse(line) as unknown);
  expect(tables).toEqual([expect.stringContaining('new tables were created')]);
  expect(said).toEqual([
    [expect.stringContaining('no worker thread could be started'), expect.objectContaining(reason)],
  ]);
});
