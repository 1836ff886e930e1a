/** What a command was called with: named values of unknown types, because untyped code may call. */
export type CallInput = Readonly<Record<string, unknown>>;
