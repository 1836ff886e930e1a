import type { CommandArguments } from './command.js';
import { formatFields } from './format-fields.js';
import type { WithEffect } from './instance-commands.js';
import type { Terminal } from './terminal.js';

/** The change is made, and some processes do not see it yet. */
export const notEverywhereExitCode = 3;

/** Says from when on a change is everywhere. @returns the exit code */
export function reportEffect(changes: readonly WithEffect[], terminal: Terminal): number {
  const latest = changes.reduce<Date | null>(
    (end, { effectiveBy }) =>
      effectiveBy !== null && (end === null || effectiveBy > end) ? effectiveBy : end,
    null,
  );
  if (latest === null) return 0;
  terminal.say(
    `The change is made, but a process has not confirmed it: it is everywhere by ${latest.toISOString()}. Run the command again to ask.`,
  );
  return notEverywhereExitCode;
}

/** Prints what was changed. @returns the exit code */
export function writeChange<T extends WithEffect>(
  changed: T,
  { given, terminal }: { given: CommandArguments; terminal: Terminal },
): number {
  terminal.print(given.hasFlag('json') ? JSON.stringify(changed, null, 2) : formatFields(changed));
  return reportEffect([changed], terminal);
}

/** Prints a key that is shown this once: alone on stdout, so that it can be passed on without being shown. @returns the exit code */
export function writeSecret<T extends WithEffect & { readonly key: string }>(
  changed: T,
  { given, terminal }: { given: CommandArguments; terminal: Terminal },
): number {
  if (given.hasFlag('json')) terminal.printOnce(JSON.stringify(changed, null, 2));
  else {
    const { key, ...others } = changed;
    terminal.say(`${formatFields(others)}\nThe key, which cannot be shown again:`);
    terminal.printOnce(key);
  }
  return reportEffect([changed], terminal);
}
