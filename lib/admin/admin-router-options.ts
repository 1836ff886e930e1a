import { withDefault, take, takeAsGiven, takeFlag, takeFunction } from '../options/option-readers.js';
import { readOptions, type ReadersOf } from '../options/read-options.js';
import type { Request } from 'express';
import type { Actor } from '../domain/actor.js';
import { suggestNames } from '../domain/known-names.js';
import type { ScopeCatalogue } from '../domain/scope-catalogue.js';
import { InvalidOptionError } from '../errors.js';
import { toCanonicalOrigin } from './refuse-cross-site.js';
import {
  readStepUpOptions,
  type ResolvedStepUpOptions,
  type StepUpOptions,
} from '../http/step-up-options.js';

/** Identifies the caller by the app's own authentication; returns `null` if nobody is signed in. */
export type Authorize = (req: Request) => Actor | null | Promise<Actor | null>;

/** Options of an admin router; `S` is the union of the declared scopes. */
export interface AdminRouterOptions<S extends string = string> {
  /**
   * Identifies the caller. It runs on every request before anything is read or changed, except on `/self`, which requires
   * an API key. If it returns `null`, the response is 401; if it throws, the response is 500 without details.
   *
   * - `{ kind: 'owner', ownerId }` manages the keys of that owner,
   * - `{ kind: 'admin', id }` manages all keys,
   * - `{ kind: 'key', apiKey: req.apiKey }` manages keys at or below that key's permissions; requires `managementScope`.
   *
   * It must rely on the app's own authentication, never on what the request claims about itself.
   */
  readonly authorize: Authorize;
  /**
   * The scope that a key needs to manage keys. If not set, keys cannot manage keys (they can still read and revoke
   * themselves under `/self`).
   *
   * @default undefined - keys cannot manage keys
   */
  readonly managementScope?: S | undefined;
  /**
   * Requires a second factor (step-up authentication) for some operations: the first request is answered with 403 and a
   * challenge that is valid for 60 seconds, and is then repeated with `Step-Up-Challenge` and `Step-Up-Code`.
   *
   * @default undefined - no second factor is required
   */
  readonly stepUp?: StepUpOptions | undefined;
  /**
   * Origins, in the form browsers send (`https://console.example.com`), that may make state-changing requests from another
   * site. The app itself has to answer CORS preflight requests.
   *
   * @default [] - only the origin that the router is served from
   */
  readonly allowedOrigins?: readonly string[] | undefined;
  /**
   * How callers authenticate to the app, as an OpenAPI Security Scheme Object, for example
   * `{ type: 'apiKey', in: 'cookie', name: 'session' }`. It is used only in `/openapi.json`.
   *
   * @default undefined - the document describes a custom scheme of the app
   */
  readonly securityScheme?: Readonly<Record<string, unknown>> | undefined;
  /**
   * Whether a page for people is served where the router is mounted, and its custom element `<api-keys-manager>` as
   * `page/element.js` below that, for pages of the app. Both are public and contain no data: the page calls the endpoints of
   * this router, for which `authorize` identifies the person, by a cookie for example.
   *
   * @default false - no page, and nothing is read for one
   */
  readonly page?: boolean | undefined;
}

/** Validated options. */
export interface ResolvedAdminRouterOptions {
  readonly authorize: Authorize;
  readonly managementScope: string | null;
  readonly stepUp: ResolvedStepUpOptions | null;
  readonly allowedOrigins: ReadonlySet<string>;
  readonly securityScheme: Readonly<Record<string, unknown>> | null;
  readonly page: boolean;
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
  page: withDefault(takeFlag, false),
} satisfies ReadersOf<AdminRouterOptions>;

/**
 * Validates the options of an admin router.
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
  const advice = suggestNames(typeof value === 'string' ? value : '', catalogue.names);
  throw new InvalidOptionError(`adminRouter.managementScope: takes one of the declared scopes; ${advice}`);
}

function readOrigins(value: unknown, path: string): ReadonlySet<string> {
  if (!Array.isArray(value)) throw new InvalidOptionError(`${path}: takes a list of origins`);
  for (const entry of value as readonly unknown[]) {
    if (isOrigin(entry)) continue;
    throw new InvalidOptionError(
      `${path}: ${JSON.stringify(entry)} is not an origin; write scheme and host, and the port if it is not ` +
        "the scheme's default, in lower case and without a path: 'https://console.example.com'",
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
