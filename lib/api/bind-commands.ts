import { InvalidOptionError } from '../errors.js';
import type { CallInput } from './call-input.js';
import type { Call, CallArea, CommandOption, ReadCall } from './read-call.js';

/** A command, once it is known who acts. */
export type Command<R> = (call: Call, input: CallInput) => Promise<R>;

/** How a command is called. */
export interface CommandShape {
  /** Some names of its input, for messages. */
  readonly takes: readonly string[];
  /** What an input looks like, for messages. */
  readonly example: string;
  /** Whether it may be called with nothing. Default: `false`. */
  readonly isInputOptional?: boolean;
  /** What it takes besides an actor. Default: nothing. */
  readonly options?: readonly CommandOption[];
}

type Commands = Readonly<Record<string, Command<unknown>>>;

/** Commands that check what they are called with. */
export type BoundCommands<C> = {
  readonly [N in keyof C]: C[N] extends Command<infer R>
    ? (input?: unknown, options?: unknown) => Promise<R>
    : never;
};

/**
 * Puts the checks of every call before commands: that its input is an object, and who acts. A string where the object
 * belongs is reported first, because it tells most about what the caller had in mind.
 *
 * @param readCall - how the options say who acts
 */
export function bindCommands<C extends { readonly [N in keyof C]: Command<unknown> }>(
  area: CallArea,
  commands: C,
  shapes: { readonly [N in keyof C]: CommandShape },
  readCall: ReadCall,
): BoundCommands<C> {
  const bound = Object.entries<Command<unknown>>(commands as Commands).map(([name, command]) => {
    const shape = shapes[name as keyof C];
    const run = async (input?: unknown, options?: unknown): Promise<unknown> => {
      const given = copyInput(`${area}.${name}`, input, shape);
      return command(readCall(area, name, options, shape.options ?? []), given);
    };
    return [name, run];
  });
  return Object.fromEntries(bound) as BoundCommands<C>;
}

function copyInput(
  what: string,
  input: unknown,
  { takes, example, isInputOptional }: CommandShape,
): CallInput {
  if (input === undefined && isInputOptional === true) return {};
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) return { ...input };
  throw new InvalidOptionError(`${what}: takes an object with ${takes.join(', ')}, for example ${example}`);
}
