import { parseScopeRequirement, noScope, type ScopeRequirement } from '../domain/scope-requirement.js';
import type { RequiredScopes } from '../domain/required-scopes.js';
import type { ScopeCatalogue } from '../domain/scope-catalogue.js';
import { InvalidOptionError } from '../errors.js';
import type { RequestedResourcesOption } from '../http/requested-resources.js';
import { takeAsGiven } from '../options/option-readers.js';
import { readOptions, refuseUnset, type ReadersOf } from '../options/read-options.js';
import type { EnforcementOptions } from '../http/enforcement-options.js';
import type { GuardOptions } from './guard-options.js';

/** Options of a guard for an MCP server. */
export interface McpGuardOptions<
  S extends string,
  F extends string = never,
  R extends string = never,
  On = RequestedResourcesOption<R>,
> extends Omit<GuardOptions<F, R, On>, 'signed' | keyof EnforcementOptions> {
  /** The scopes that every request needs. Default: any valid key may connect. */
  readonly scopes?: RequiredScopes<S> | undefined;
  /**
   * What a key needs to call a tool, by the name of the tool: scopes, or `true` for any key that may connect. Lists of tools
   * show a key only what it may call. A tool that is not named can be neither called nor seen, unless `'*'` says what all
   * others need. Default: every key that may connect calls every tool.
   */
  readonly tools?: Readonly<Record<string, RequiredScopes<S> | true>> | undefined;
  /**
   * The URL of the MCP server as clients know it, or its path below the issuer of tokens.
   *
   * @default '/mcp' - with the option `tokens`; else none
   */
  readonly resource?: string | undefined;
}

const what = 'mcpGuard';

const readers = {
  scopes: takeAsGiven<unknown>(),
  tools: takeAsGiven<unknown>(),
  resource: takeAsGiven<unknown>(),
  fallback: takeAsGiven<unknown>(),
  onRefusal: takeAsGiven<unknown>(),
  allowPreflight: takeAsGiven<unknown>(),
  cacheHeaders: takeAsGiven<unknown>(),
  credentialFrom: takeAsGiven<unknown>(),
  feature: takeAsGiven<unknown>(),
  on: takeAsGiven<unknown>(),
  cost: takeAsGiven<unknown>(),
} satisfies ReadersOf<McpGuardOptions<string, string, string>>;

/** What a guard for an MCP server is built with. */
export interface ReadMcpGuardOptions {
  readonly requirement: ScopeRequirement;
  /** By the name of the tool, `*` for all others; `null`: tools are not looked at. */
  readonly tools: ReadonlyMap<string, ScopeRequirement> | null;
  /** `null`: tokens are not restricted to it, and it has no metadata. */
  readonly resource: string | null;
  /** The options that it has in common with other guards, to be read by them. */
  readonly guard: Readonly<Record<string, unknown>>;
}

/**
 * Reads the options.
 *
 * @param issuer - of tokens; `null` without them
 * @throws InvalidOptionError
 */
export function readMcpGuardOptions(
  input: unknown,
  catalogue: ScopeCatalogue,
  issuer: string | null,
): ReadMcpGuardOptions {
  const example = "{ tools: { list_orders: 'orders:read' } }";
  refuseUnset(what, input);
  const { scopes, tools, resource, ...guard } = readOptions(what, input, readers, { example });
  return {
    requirement: Object.hasOwn(input as object, 'scopes')
      ? readRequirement(scopes, `${what}.scopes`, catalogue, 'leave scopes out')
      : noScope,
    // A variable that got lost must not open all tools.
    tools: Object.hasOwn(input as object, 'tools') ? readTools(tools, catalogue) : null,
    resource: readResource(resource, issuer),
    guard: Object.fromEntries(Object.entries(guard).filter(([, value]) => value !== undefined)),
  };
}

function readTools(tools: unknown, catalogue: ScopeCatalogue): ReadonlyMap<string, ScopeRequirement> {
  if (!isObject(tools)) {
    throw new InvalidOptionError(
      `${what}.tools: takes an object of tools and scopes, for example { list_orders: 'orders:read', '*': 'orders:write' }`,
    );
  }
  const entries = Object.entries(tools).map(([name, needed]) => {
    const path = `${what}.tools[${JSON.stringify(name)}]`;
    return [
      name,
      needed === true ? noScope : readRequirement(needed, path, catalogue, 'write true'),
    ] as const;
  });
  return new Map(entries);
}

function readRequirement(
  value: unknown,
  path: string,
  catalogue: ScopeCatalogue,
  forAnyKey: string,
): ScopeRequirement {
  try {
    return parseScopeRequirement(value, catalogue);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new InvalidOptionError(`${path}: ${error.message}. For any valid key, ${forAnyKey}`);
  }
}

function readResource(value: unknown, issuer: string | null): string | null {
  if (value === undefined) return issuer === null ? null : `${issuer}/mcp`;
  const isPath = typeof value === 'string' && /^\/(?!\/)/.test(value);
  const url = isPath && issuer !== null ? `${issuer}${value}` : value;
  if (typeof url === 'string' && isPlainWebUrl(url)) return url;
  throw new InvalidOptionError(
    `${what}.resource: takes the URL of the MCP server without query and fragment, for example ` +
      "'https://api.acme.example/mcp', or with the option tokens its path below the issuer, for example '/mcp'",
  );
}

function isPlainWebUrl(text: string): boolean {
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return false;
  const { origin, pathname } = new URL(text);
  return text === `${origin}${pathname}` || (pathname === '/' && text === origin);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
