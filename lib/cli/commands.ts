import type { Command } from './command.js';
import { importCommand } from './import-command.js';
import { observeCommand } from './observe-command.js';
import { routesCommand } from './routes-command.js';

/** Every command of the program, in the order of the help. */
export const commands: readonly Command[] = [importCommand, observeCommand, routesCommand];
