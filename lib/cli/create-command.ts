import type { Command } from './command.js';
import { readActor } from './read-actor.js';
import { requireText } from './read-arguments.js';
import { pickGiven, readEnd } from './read-options.js';
import { writeSecret } from './report-change.js';
import { managingOptions, runWithKeys } from './run-with-keys.js';

/** `api-keys create` */
export const createCommand: Command = {
  name: 'create',
  summary: 'Creates a key. It is printed this once, alone on stdout.',
  description:
    '  api-keys create --app ./api-keys.js --owner alice --name "CI of the shop" --scope orders:read > key.txt',
  options: {
    ...managingOptions,
    owner: { takes: 'ID', help: 'The owner of the key. Required.' },
    name: { takes: 'TEXT', help: 'What people call it. Required.' },
    scope: { takes: 'SCOPE', isRepeatable: true, help: 'A scope of the key.' },
    tag: { takes: 'TAG', isRepeatable: true, help: 'A tag of the key.' },
    description: { takes: 'TEXT', help: 'What it is for.' },
    expires: { takes: 'TIME', help: 'When it ends, or never. Default: as the policy says.' },
    environment: { takes: 'NAME', help: 'Default: the default environment.' },
  },
  async run(given, host) {
    const [scopes, tags] = [given.listTexts('scope'), given.listTexts('tag')];
    const input = pickGiven({
      ownerId: requireText(given, 'owner', 'alice'),
      name: requireText(given, 'name', '"CI of the shop"'),
      scopes: scopes.length === 0 ? undefined : scopes,
      tags: tags.length === 0 ? undefined : tags,
      description: given.getText('description'),
      expiresAt: readEnd(given, 'expires'),
      environment: given.getText('environment'),
    });
    return runWithKeys(given, host, 'withApp', async ({ keys }) =>
      writeSecret(await keys.as(readActor(given)).create(input), { given, terminal: host.terminal }),
    );
  },
};
