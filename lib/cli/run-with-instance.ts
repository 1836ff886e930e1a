import type { CommandArguments, CommandHost, OptionDefinition } from './command.js';
import type { Instance } from './instance.js';
import { instanceOptions, openInstance } from './open-instance.js';
import { actorOption } from './read-actor.js';

/** The options of every command that manages keys. */
export const managingOptions: Readonly<Record<'app' | 'export' | 'actor' | 'json', OptionDefinition>> = {
  ...instanceOptions,
  actor: actorOption,
  json: { help: 'Prints JSON.' },
};

/**
 * Opens the instance of the app, runs a command on it, and closes it whatever happens.
 *
 * @returns what the command returns: the exit code
 * @throws CommandError
 */
export async function runWithInstance(
  given: CommandArguments,
  host: CommandHost,
  run: (instance: Instance) => Promise<number>,
): Promise<number> {
  const instance = await openInstance(given, host);
  try {
    await instance.ready();
    return await run(instance);
  } finally {
    await instance.close();
  }
}
