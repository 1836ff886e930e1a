import type { CommandArguments, CommandHost, OptionDefinition } from './command.js';
import { isInstance, type Instance } from './instance.js';
import { loadExport } from './load-export.js';
import { requireText } from './read-arguments.js';
import { startForCommand } from './start-for-command.js';

/** The options by which a command finds the instance. */
export const instanceOptions: Readonly<Record<'app' | 'export', OptionDefinition>> = {
  app: {
    takes: 'FILE',
    help: 'The module of your app that exports what createApiKeys() has returned. Required.',
  },
  export: { takes: 'NAME', help: 'The name of that export. Default: apiKeys, or default.' },
};

/**
 * Takes the instance from a module of the app. It is not ready yet.
 *
 * @throws CommandError
 */
export async function openInstance(given: CommandArguments, host: CommandHost): Promise<Instance> {
  const instance = await loadExport(
    {
      file: requireText(given, 'app', './api-keys.js'),
      name: given.getText('export'),
      usualNames: ['apiKeys'],
      nameOption: 'export',
      what: 'what createApiKeys() has returned',
      is: isInstance,
    },
    host,
  );
  startForCommand(instance);
  return instance;
}
