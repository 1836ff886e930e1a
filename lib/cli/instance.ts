import type { ObservedFilter } from '../audit/list-observed.js';
import type { ObservedReport } from '../domain/observed-view.js';
import type { ImportProblem, ImportProgress, ImportReport } from '../manage/import-keys.js';

/** Who a command acts as. */
export type CommandActor = { readonly kind: 'application' } | { readonly kind: 'admin'; readonly id: string };

/** What an import takes. */
export interface InstanceImport {
  readonly format: string;
  /** Their type is that of the app's scopes, which nothing here knows; the import checks every row. */
  readonly rows: AsyncIterable<never>;
  readonly dryRun: boolean;
  readonly onProgress: (progress: ImportProgress) => unknown;
  readonly onProblem: (problem: ImportProblem) => unknown;
}

/** One route of an app, as the list has it. */
export interface ListedRoute {
  readonly methods: readonly string[];
  readonly path: string;
  readonly state: string;
}

/** The list of routes. */
export interface RouteList {
  readonly routes: readonly ListedRoute[];
  readonly unguarded: readonly ListedRoute[];
  readonly observed: readonly ListedRoute[];
  readonly lateGuards: readonly {
    readonly path: string;
    readonly methods: readonly string[];
    readonly requires: string;
    readonly runs: string;
  }[];
  readonly unusedScopes: readonly string[];
  readonly countedTwice: readonly ListedRoute[];
  readonly declaredTwice: readonly ListedRoute[];
  toString(): string;
}

/** The part of what `createApiKeys` returns that commands use. */
export interface Instance {
  ready(): Promise<void>;
  close(): Promise<void>;
  readonly keys: { as(actor: CommandActor): { import(input: InstanceImport): Promise<ImportReport> } };
  readonly audit: {
    as(actor: CommandActor): { listObserved(filter: ObservedFilter): Promise<ObservedReport> };
  };
  routes(app: object, options: { readonly open: readonly string[] }): RouteList;
  assertAllRoutesGuarded(
    app: object,
    options: { readonly open: readonly string[]; readonly allowObserved: boolean },
  ): void;
}

/** Whether a value has what `createApiKeys` returns; not by its class, because the app loads the package by itself. */
export function isInstance(value: unknown): value is Instance {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['ready', 'close', 'routes', 'assertAllRoutesGuarded'].every(
      (name) => typeof Reflect.get(value, name) === 'function',
    ) &&
    ['keys', 'audit'].every((name) => typeof Reflect.get(value, name) === 'object')
  );
}
