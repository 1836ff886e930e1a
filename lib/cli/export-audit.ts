import { ClosedOutputError } from './closed-output-error.js';
import type { AuditCommands, GivenInput } from './instance-commands.js';
import { StatusLine } from './status-line.js';
import type { Terminal } from './terminal.js';

/** Prints the entries as JSON lines. When that breaks off, it says how to go on. */
export async function exportAudit(
  commands: AuditCommands,
  conditions: GivenInput,
  terminal: Terminal,
): Promise<void> {
  const status = new StatusLine(terminal);
  let count = 0;
  let last: number | null = null;
  try {
    for await (const event of commands.export(conditions)) {
      terminal.print(JSON.stringify(event));
      last = event.sequence;
      count += 1;
      status.show(() => `${count} entries exported, up to number ${last}`);
    }
  } catch (error) {
    if (last !== null && !(error instanceof ClosedOutputError))
      terminal.say(`Run the same command with --after-sequence ${last} for the rest.`);
    throw error;
  }
}
