import { withDefault, take, takeAsGiven, takeFunction } from '../options/option-readers.js';
import { readOptions, type ReadersOf } from '../options/read-options.js';
import type { Request } from 'express';
import type { Actor } from '../domain/actor.js';
import { adviceFor } from '../domain/known-names.js';
import type { ScopeCatalogue } from '../domain/scope-catalogue.js';
import { InvalidOptionError } from '../errors.js';
import { toCanonicalOrigin } from './refuse-cross-site.js';
import {
  readStepUpOptions,
  type ResolvedStepUpOptions,
  type StepUpOptions,
} from '../http/step-up-options.js';

/** Says who calls, from the app's own authentication; `null` when nobody is signed in. */
export type Authorize = (req: Request) => Actor | null | Promise<Actor | null>;

/** How an admin router is mounted; `S` are the declared scopes. */
export interface AdminRouterOptions<S extends string = string> {
  /**
   * Says who calls. It runs on every request before anything is read or changed, except on `/self`, which asks for an
   * API key. `null` answers 401; when it throws, the answer is 500 without details.
   *
   * - `{ kind: 'owner', ownerId }` manages the keys of that owner,
   * - `{ kind: 'admin', id }` manages all keys,
   * - `{ kind: 'key', apiKey: req.apiKey }` manages keys at or below that key; needs `managementScope`.
   *
   * Its answer must rest on the app's own authentication, never on what the request claims about itself.
   */
  readonly authorize: Authorize;
  /**
   * The scope that a key needs to manage keys. Without it, keys manage no keys (they can still read and revoke
   * themselves under `/self`).
   *
   * @default undefined - no key manages keys
   */
  readonly managementScope?: S | undefined;
  /**
   * Asks for a second factor before some operations: the first request is answered with 403 and a challenge of 60 seconds,
   * and is repeated with `Step-Up-Challenge` and `Step-Up-Code`.
   *
   * @default undefined - none is asked for
   */
  readonly stepUp?: StepUpOptions | undefined;
  /**
   * Origins, as browsers write them (`https://console.example.com`), that may send state-changing requests from another
   * site. The app answers CORS preflights itself.
   *
   * @default [] - only the origin that the router is served from
   */
  readonly allowedOrigins?: readonly string[] | undefined;
  /**
   * How callers sign in to the app, as a Security Scheme Object of OpenAPI, for example
   * `{ type: 'apiKey', in: 'cookie', name: 'session' }`. It is only shown, in `/openapi.json`.
   *
   * @default undefined - the document says that the app knows
   */
  readonly securityScheme?: Readonly<Record<string, unknown>> | undefined;
}

/** Options that were checked. */
export interface ResolvedAdminRouterOptions {
  readonly authorize: Authorize;
  readonly managementScope: string | null;
  readonly stepUp: ResolvedStepUpOptions | null;
  readonly allowedOrigins: ReadonlySet<string>;
  readonly securityScheme: Readonly<Record<string, unknown>> | null;
}

const schemeTypes = ['apiKey', 'http', 'mutualTLS', 'oauth2', 'openIdConnect'];

const readers = {
  authorize: takeFunction<Authorize>(
    'a function from the request to { kind: "owner", ownerId }, { kind: "admin", id } or null',
  ),
  managementScope: takeAsGiven<unknown>(),
  stepUp: readStepUpOptions,
  allowedOrigins: withDefault<ReadonlySet<string>>(readOrigins, new Set()),
  securityScheme: withDefault<Readonly<Record<string, unknown>> | null>(
    take(`an object with a type, one of ${schemeTypes.join(', ')}`, isSecurityScheme),
    null,
  ),
} satisfies ReadersOf<AdminRouterOptions>;

/**
 * Checks what an admin router is mounted with.
 *
 * @throws InvalidOptionError with what to write instead
 */
export function resolveAdminRouterOptions(
  options: AdminRouterOptions,
  catalogue: ScopeCatalogue,
): ResolvedAdminRouterOptions {
  const given = readOptions('adminRouter', options, readers, {
    example: '{ authorize: (req) => actorOf(req) }',
  });
  return { ...given, managementScope: readManagementScope(given.managementScope, catalogue) };
}

function readManagementScope(value: unknown, catalogue: ScopeCatalogue): string | null {
  if (value === undefined) return null;
  if (typeof value === 'string' && catalogue.has(value)) return value;
  const advice = adviceFor(typeof value === 'string' ? value : '', catalogue.names);
  throw new InvalidOptionError(`adminRouter.managementScope: takes one of the declared scopes; ${advice}`);
}

function readOrigins(value: unknown, path: string): ReadonlySet<string> {
  if (!Array.isArray(value)) throw new InvalidOptionError(`${path}: takes a list of origins`);
  for (const entry of value as readonly unknown[]) {
    if (isOrigin(entry)) continue;
    throw new InvalidOptionError(
      `${path}: ${JSON.stringify(entry)} is no origin; write scheme and host, and the port where it is not ` +
        "the scheme's own, in lower case and without a path: 'https://console.example.com'",
    );
  }
  return new Set(value as string[]);
}

function isOrigin(entry: unknown): boolean {
  if (typeof entry !== 'string' || entry.includes('*')) return false;
  return /^https?:/.test(entry) && toCanonicalOrigin(entry) === entry;
}

function isSecurityScheme(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' && value !== null && 'type' in value && schemeTypes.includes(String(value.type))
  );
}
