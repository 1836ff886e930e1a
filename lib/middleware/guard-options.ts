import type { RequestHandler } from 'express';
import { adviceFor } from '../domain/known-names.js';
import { InvalidOptionError } from '../errors.js';
import type { CredentialSource } from '../http/credential-source.js';
import type { RefusalHandler } from '../http/refusal-handler.js';

/** Options of one guard. */
export interface GuardOptions<F extends string = never> {
  /**
   * Takes requests that carry no key of ours, so that the app's own authentication can let them in. A request with a key
   * of ours that is refused never gets there.
   */
  readonly otherwise?: RequestHandler | undefined;
  /**
   * What happens to a refused request: `respond` answers with a problem (RFC 9457), `next` passes an ApiKeysError to the
   * app's error handling, a function answers itself.
   *
   * @default 'respond'
   */
  readonly onRefusal?: 'respond' | 'next' | RefusalHandler | undefined;
  /**
   * Lets CORS preflights through (OPTIONS with `Origin` and `Access-Control-Request-Method`): browsers send them without
   * credentials. Needed only where the guard stands before the app's CORS middleware.
   *
   * @default false
   */
  readonly allowPreflight?: boolean | undefined;
  /**
   * Marks answers as private and as depending on the headers that keys are read from (`Cache-Control`, `Vary`). Without
   * it the app must see to it that no shared cache keeps them.
   *
   * @default true
   */
  readonly cacheHeaders?: boolean | undefined;
  /** A feature that the key must have, besides the scopes. */
  readonly feature?: F | undefined;
  /**
   * How much a request takes from the limits and credits of its key, a whole number up to 1,000,000; 0 for nothing.
   *
   * @default 1
   */
  readonly cost?: number | undefined;
  /**
   * Signed requests (RFC 9421, or HMAC with the secret): `accepted` beside keys, or `required`, so that a key alone is not
   * enough. Needs the option `signatures` of createApiKeys. Default: signatures are not looked at.
   */
  readonly signed?: 'required' | 'accepted' | undefined;
  /** Where this guard reads keys. Default: what `createApiKeys` was given. */
  readonly credentialFrom?: readonly CredentialSource[] | undefined;
}

/** Every option of a guard; the compiler refuses the build when one is missing here. */
const known: Record<keyof GuardOptions, true> = {
  otherwise: true,
  onRefusal: true,
  allowPreflight: true,
  cacheHeaders: true,
  credentialFrom: true,
  feature: true,
  signed: true,
  cost: true,
};

/** Names of the options of a guard. */
export const guardOptionNames: readonly string[] = Object.keys(known);

/**
 * @throws InvalidOptionError when the options hold anything that a guard does not understand: what was meant to protect
 * a route must not be passed over
 */
export function checkGuardOptions(options: unknown): asserts options is GuardOptions<string> {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InvalidOptionError('requireApiKey: options are an object; several scopes go into { all: […] }');
  }
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(known, name)) continue;
    throw new InvalidOptionError(
      `requireApiKey: unknown option ${JSON.stringify(name)}; ${adviceFor(name, guardOptionNames)}`,
    );
  }
  const { otherwise, onRefusal } = options as Record<string, unknown>;
  if (otherwise !== undefined && typeof otherwise !== 'function') {
    throw new InvalidOptionError('requireApiKey: otherwise is a middleware function');
  }
  if (
    !['undefined', 'function'].includes(typeof onRefusal) &&
    onRefusal !== 'respond' &&
    onRefusal !== 'next'
  ) {
    throw new InvalidOptionError("requireApiKey: onRefusal is 'respond', 'next' or a function");
  }
  const { signed } = options as Record<string, unknown>;
  if (signed !== undefined && signed !== 'required' && signed !== 'accepted') {
    throw new InvalidOptionError("requireApiKey: signed is 'required' or 'accepted'");
  }
  for (const name of ['allowPreflight', 'cacheHeaders'] as const) {
    const value: unknown = options[name as keyof typeof options];
    if (value === undefined || typeof value === 'boolean') continue;
    throw new InvalidOptionError(`requireApiKey: ${name} is true or false`);
  }
}
