import { auditCommand } from './audit-command.js';
import type { Command } from './command.js';
import { createCompletionCommand } from './completion-command.js';
import { createCommand } from './create-command.js';
import { doctorCommand } from './doctor-command.js';
import { importCommand } from './import-command.js';
import { listCommand } from './list-command.js';
import { observeCommand } from './observe-command.js';
import { ownersCommand } from './owners-command.js';
import { migrateCommand } from './migrate-command.js';
import { postureCommand } from './posture-command.js';
import { revokeAllCommand } from './revoke-all-command.js';
import { revokeCommand } from './revoke-command.js';
import { rotateCommand } from './rotate-command.js';
import { routesCommand } from './routes-command.js';
import { showCommand } from './show-command.js';
import { updateCommand } from './update-command.js';
import { usageCommand } from './usage-command.js';

/** Every command of the program, in the order of the help. */
export const commands: readonly Command[] = [
  ...[listCommand, showCommand, createCommand, updateCommand, rotateCommand, revokeCommand, revokeAllCommand],
  ...[usageCommand, ownersCommand, postureCommand, auditCommand],
  ...[importCommand, observeCommand, routesCommand, doctorCommand, migrateCommand],
  createCompletionCommand(() => commands),
];
