/** The part of an app of Express that is used here. */
export type ExpressApp = object & { get(name: string): unknown };

/** Whether a value looks like an app of Express; not by its class, because the app loads Express by itself. */
export function isExpressApp(value: unknown): value is ExpressApp {
  return (
    typeof value === 'function' &&
    'handle' in value &&
    'set' in value &&
    'get' in value &&
    'mountpath' in value
  );
}
