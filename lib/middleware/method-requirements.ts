import { METHODS } from 'node:http';
import { InvalidOptionError } from '../errors.js';
import type { ScopeCatalogue } from '../domain/scope-catalogue.js';
import { parseScopeRequirement, type ScopeRequirement } from '../domain/scope-requirement.js';

/** What a guard requires of a request, by its method; `null` for methods that it refuses. */
export interface MethodRequirements {
  of(method: string): ScopeRequirement | null;
  /** For `Allow`. */
  readonly methods: readonly string[];
  /** Every scope that is named, whatever the method. */
  readonly scopes: readonly string[];
}

/** How messages speak of what takes the requirements. */
export interface RequirementNaming {
  readonly what: string;
  /** What to do so that any valid key is allowed: `leave scopes out`. */
  readonly forAnyKey: string;
}

const guardNaming: RequirementNaming = {
  what: 'requireApiKey',
  forAnyKey: 'write requireApiKey() without an argument',
};

/**
 * Reads the first argument of `requireApiKey`: one requirement for all methods, or one for each
 * (`{ GET: 'orders:read', POST: 'orders:write' }`). HEAD is what GET is unless it is named; other methods that are not
 * named are refused.
 *
 * @throws InvalidOptionError when it is anything else
 */
export function parseMethodRequirements(
  input: unknown,
  catalogue: ScopeCatalogue,
  naming: RequirementNaming = guardNaming,
): MethodRequirements {
  try {
    if (!isByMethod(input)) return requireForAllMethods(parseScopeRequirement(input, catalogue));
    return requireByMethod(input, catalogue, naming.what);
  } catch (error) {
    if (error instanceof TypeError && !(error instanceof InvalidOptionError)) {
      throw new InvalidOptionError(
        `${naming.what}: ${error.message}. For any valid key, ${naming.forAnyKey}`,
      );
    }
    throw error;
  }
}

/** The same requirement whatever the method. */
export function requireForAllMethods(requirement: ScopeRequirement): MethodRequirements {
  return { of: () => requirement, methods: [], scopes: requirement.scopes };
}

function requireByMethod(
  input: Record<string, unknown>,
  catalogue: ScopeCatalogue,
  what: string,
): MethodRequirements {
  const requirements = new Map<string, ScopeRequirement>();
  for (const [method, value] of Object.entries(input)) {
    if (!METHODS.includes(method)) {
      throw new InvalidOptionError(
        `${what}: ${JSON.stringify(method)} is not an HTTP method in capital letters, such as GET`,
      );
    }
    requirements.set(method, parseScopeRequirement(value, catalogue));
  }
  const get = requirements.get('GET');
  if (get !== undefined && !requirements.has('HEAD')) requirements.set('HEAD', get);
  return {
    of: (method) => requirements.get(method) ?? null,
    methods: [...requirements.keys()],
    scopes: [...requirements.values()].flatMap(({ scopes }) => scopes),
  };
}

function isByMethod(input: unknown): input is Record<string, unknown> {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return false;
  const names = Object.keys(input);
  return names.length > 0 && !names.includes('all') && !names.includes('any');
}
