/** A block of commands that is not run with the others, and how it is checked instead. */
export interface CommandNotRun {
  readonly document: string;
  readonly text: string;
  readonly checkedBy:
    'the scripts of package.json' | 'the dependencies of package.json' | 'a test of its own';
}

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
    document: 'README.md',
    text: 'npm install express-api-keys libsql express\n',
    checkedBy: 'the dependencies of package.json',
  },
  {
    // Their values are made up; test/example-app/process.test.ts starts the app with both.
    document: 'README.md',
    text: 'export DATABASE_URL=postgres://user:password@db.example.com/app\nexport REDIS_URL=redis://cache.example.com:6379\n',
    checkedBy: 'a test of its own',
  },
  {
    document: 'README.md',
    text: `node -e "console.log(require('node:crypto').randomBytes(32).toString('base64url'))"\n`,
    checkedBy: 'a test of its own',
  },
  {
    // Needs docker; test/example-app/process.test.ts compares the two files.
    document: 'example-app/README.md',
    text: 'cp .env.example .env\ndocker compose up -d\nnpm run build && node --env-file=.env dist/server.js\n',
    checkedBy: 'a test of its own',
  },
];
