/** What watches an answer until somebody has decided about the request: see `failClosed`. */
export interface WatchedAnswer {
  noteDecision(): void;
}

/** The same in both builds of the package: a guard of one decides for the `failClosed` of the other. */
export const watchedAnswer: unique symbol = Symbol.for('express-api-keys.watchedAnswer');

/** A response that `failClosed` may watch. */
export interface MaybeWatched {
  [watchedAnswer]?: WatchedAnswer;
}

/** Whether an answer has been watched in this process: without `failClosed`, no request pays for it. */
interface Watching {
  hasBegun: boolean;
}

const shared: unique symbol = Symbol.for('express-api-keys.watching');
const watching = ((globalThis as { [shared]?: Watching })[shared] ??= { hasBegun: false });

/** Puts the watch of an answer where guards find it. */
export function setWatch(res: MaybeWatched, watch: WatchedAnswer): void {
  watching.hasBegun = true;
  res[watchedAnswer] = watch;
}

/** Notes that something of this package decides about a request, so that it may be answered. */
export function noteDecision(res: object): void {
  if (watching.hasBegun) (res as MaybeWatched)[watchedAnswer]?.noteDecision();
}
