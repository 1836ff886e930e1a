/** Calls the callback among the arguments of something that was not done: what waits until its part was sent must not wait for ever. */
export function callBack(args: readonly unknown[], error?: Error): void {
  const last = args.at(-1);
  if (typeof last === 'function') process.nextTick(last as (error?: Error) => void, error);
}
