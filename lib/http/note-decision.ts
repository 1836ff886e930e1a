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

/** Notes that something of this package decides about a request, so that it may be answered. Costs a lookup where nothing watches. */
export function noteDecision(res: object): void {
  (res as MaybeWatched)[watchedAnswer]?.noteDecision();
}
