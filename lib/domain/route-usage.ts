/** How a request was answered: by the class of its status; `aborted` when the caller was gone before the end of the answer. */
export type StatusClass = '2xx' | '3xx' | '4xx' | '5xx' | 'aborted';

/** Every class. */
export const statusClasses: readonly StatusClass[] = ['2xx', '3xx', '4xx', '5xx', 'aborted'];

/** How often a key was used for one route, with one class of status. */
export interface RouteCount {
  /** As the app has declared it: `/orders/:id`; `other` for routes beyond {@link maxRoutesPerDay}. */
  readonly route: string;
  readonly status: StatusClass;
  readonly count: number;
}

/** A {@link RouteCount} of one key and one day. */
export interface DailyRouteCount extends RouteCount {
  readonly keyId: string;
  /** When the day (UTC) begins, in epoch milliseconds. */
  readonly day: number;
}

/** The maximum number of routes that are counted of one key in one day; those beyond are counted together. */
export const maxRoutesPerDay = 100;

/** Stands for routes beyond the bound. No route is called that: they begin with a slash. */
export const otherRoutes = 'other';

/** Longer routes are cut: a database cannot have them in a primary key. */
export const maxRouteLength = 300;

/** Statuses outside of the classes, which Express lets an app send, belong to the nearest one. */
export function toStatusClass(status: number): StatusClass {
  const index = Math.floor(status / 100) - 2;
  return statusClasses[Math.min(Math.max(index, 0), 3)] ?? '5xx';
}
