import type { AuditCommands, KeyCommands, OwnerCommands } from './instance-commands.js';

/** Who a command acts as. */
export type CommandActor = { readonly kind: 'application' } | { readonly kind: 'admin'; readonly id: string };

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

/** What the managing commands are written against, wherever the keys are: in an instance, or behind the management API. */
export interface ManagedKeys {
  ready(): Promise<void>;
  close(): Promise<void>;
  readonly keys: { as(actor: CommandActor): KeyCommands };
  readonly owners: { as(actor: CommandActor): OwnerCommands };
  readonly audit: { as(actor: CommandActor): AuditCommands };
}

/** The part of what `createApiKeys` returns that commands use. */
export interface Instance extends ManagedKeys {
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
    ['keys', 'owners', 'audit'].every((name) => typeof Reflect.get(value, name) === 'object')
  );
}
