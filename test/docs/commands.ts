import { blocksOf } from './markdown.js';

/** A block of commands that is not run with the others, and how it is checked instead. */
export interface CommandNotRun {
  readonly document: string;
  readonly text: string;
  readonly checkedBy:
    'the scripts of package.json' | 'the dependencies of package.json' | 'a test of its own';
}

/** The block of `example-app/README.md` that starts the app on servers of its reader. */
export const ownServersCommands: string = `cp example-app/.env.example example-app/.env
node -p "'API_KEYS_PEPPER=' + require('node:crypto').randomBytes(32).toString('base64url')" >> example-app/.env
docker compose -f example-app/compose.yaml up -d
npm run build && npm run build --workspace example-app
node --env-file=example-app/.env example-app/dist/server.js
`;

/** Every block of commands in the documents that is not run in their session. */
export const commandsNotRun: readonly CommandNotRun[] = [
  { document: 'README.md', text: 'npm install && npm start\n', checkedBy: 'the scripts of package.json' },
  { document: 'README.md', text: 'npm install && npm test\n', checkedBy: 'the scripts of package.json' },
  {
    document: 'CONTRIBUTING.md',
    text: 'npm install && npm test\n',
    checkedBy: 'the scripts of package.json',
  },
  {
    document: 'example-app/README.md',
    text: 'npm install && npm start\n',
    checkedBy: 'the scripts of package.json',
  },
  {
    document: 'example-app/README.md',
    text: 'DEMO_STEP_UP=1 npm start\n',
    checkedBy: 'the scripts of package.json',
  },
  ...['README.md', 'docs/start/quick-start.md'].map((document) => ({
    document,
    text: 'npm install express-api-keys libsql express\n',
    checkedBy: 'the dependencies of package.json' as const,
  })),
  ...[
    'curl -s http://localhost:3000/orders -H "X-API-Key: $KEY"\n',
    'curl -s http://localhost:3000/orders\n',
    'curl -s -X POST http://localhost:3000/revoke-it\ncurl -s http://localhost:3000/orders -H "X-API-Key: $KEY"\n',
  ].map((text) => ({
    // test/docs/code-blocks.test.ts runs them against the app of the page.
    document: 'docs/start/quick-start.md',
    text,
    checkedBy: 'a test of its own' as const,
  })),
  {
    // Their values are made up; test/example-app/process.test.ts starts the app with such variables.
    document: 'docs/production/several-processes.md',
    text: 'export DATABASE_URL=postgres://user:password@db.example.com/app\nexport REDIS_URL=redis://cache.example.com:6379\nexport API_KEYS_PEPPER=replace-this-with-a-secret-of-at-least-32-bytes\n',
    checkedBy: 'a test of its own',
  },
  ...['README.md', 'docs/production/pepper.md'].map((document) => ({
    document,
    text: `node -e "console.log(require('node:crypto').randomBytes(32).toString('base64url'))"\n`,
    checkedBy: 'a test of its own' as const,
  })),
  {
    // test/docs/own-servers.test.ts runs it, but for the line that needs docker.
    document: 'example-app/README.md',
    text: ownServersCommands,
    checkedBy: 'a test of its own',
  },
  {
    document: 'docs/about/benchmarks.md',
    text: `npm run bench                  # all of it, at most fifteen minutes
npm run bench -- --quick       # about eight minutes
npm run bench -- --in-process  # the part without sockets, at most six minutes
npm run bench -- --processes   # many processes on one database, about forty minutes
npm run bench -- --loading     # what the package loads, and what that takes, about a minute
`,
    checkedBy: 'the scripts of package.json',
  },
  {
    // Not every machine has it; test/docs/copied-file.test.ts makes the other copy that the page names.
    document: 'docs/production/backup-and-restore.md',
    text: 'sqlite3 .api-keys/keys.sqlite ".backup copy.sqlite"\n',
    checkedBy: 'a test of its own',
  },
  ...[
    'import --app ./api-keys.js --format legacy --from keys.csv \\\n  --column hash=sha256 --column ownerId=customer --column name=label --column createdAt=created \\\n  --column disabled=revoked --set scopes=orders:read --dry-run',
    'observe --app ./api-keys.js --check',
    'routes --app ./api-keys.js --express ./app.js --check --open /health',
    'list --app ./api-keys.js --owner alice --state active',
    'show --id "$KEY_ID" --url "$API_KEYS_URL"',
    'migrate --app ./api-keys.js --dry-run',
  ].map((text) => ({
    // test/cli/documented-commands.test.ts runs them in a folder with the files of the page.
    document: 'docs/guides/command-line.md',
    text: `npx api-keys ${text}\n`,
    checkedBy: 'a test of its own' as const,
  })),
  // So does it with these.
  ...['--app ./api-keys.js --express ./app.js', '--url "$API_KEYS_URL"'].map((given) => ({
    document: 'docs/production/doctor.md',
    text: `npx api-keys doctor ${given}\n`,
    checkedBy: 'a test of its own' as const,
  })),
  // test/cli/leaked-key.test.ts runs all of it, one after the other.
  ...blocksOf('docs/guides/leaked-key.md')
    .filter(({ language }) => language === 'sh')
    .map(({ document, text }) => ({ document, text, checkedBy: 'a test of its own' as const })),
  // test/moving/moved-app.test.ts runs what stands in the page.
  ...blocksOf('docs/guides/move-an-app.md')
    .filter(({ language }) => language === 'sh')
    .slice(0, 3)
    .map(({ document, text }) => ({ document, text, checkedBy: 'a test of its own' as const })),
  // test/recipes runs what stands in these pages.
  ...['recipes', 'better-auth', 'sanctum', 'django', 'unkey', 'prefixed-api-key']
    .flatMap((name) => blocksOf(`docs/guides/import-${name}.md`))
    .filter(({ language }) => language === 'sh')
    .map(({ document, text }) => ({ document, text, checkedBy: 'a test of its own' as const })),
];
