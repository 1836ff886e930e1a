import { promises } from 'node:dns';
import type { LookupAddress, LookupOptions } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { WebhookSendError } from '../ports/webhook-sender.js';
import { isPublicAddress } from './is-public-address.js';

/** Why a request was not sent, as the end of a sentence. */
export const notPublicReason = 'its host is an address that is not public';

/** How long a name server has for its first answer, in milliseconds, and how often it is asked. */
const timeoutMs = 2_000;
const tries = 2;

/** What resolves names of the internet. */
export type NameResolver = Pick<promises.Resolver, 'resolve4' | 'resolve6'>;

/**
 * Creates the lookup of a connection that is made to the internet only. It runs as the connection is made, and what it returns is
 * connected to: a name that is resolved anew, to another address, is looked at anew. One address inside is enough to refuse the name.
 *
 * It asks the name servers, as `dns.lookup` does not: that occupies a thread of the whole process until it has an answer, for half a minute
 * when a name server is dead. So names of `/etc/hosts`, and those without a dot, are not found; they are of no network outside.
 */
export function createPublicLookup(createResolver: () => NameResolver = createOwnResolver): LookupFunction {
  return (hostname, options, callback) => {
    resolvePublic(createResolver, hostname, options).then(
      (addresses) => {
        const [{ address, family }] = addresses;
        if (options.all !== true) return callback(null, address, family);
        // The type of the callback knows one form only.
        return (callback as unknown as (error: null, all: readonly LookupAddress[]) => void)(null, addresses);
      },
      (error: Error) => callback(error, '', 0),
    );
  };
}

/** For each name: the servers of the system may have changed. */
function createOwnResolver(): NameResolver {
  return new promises.Resolver({ timeout: timeoutMs, tries });
}

async function resolvePublic(
  createResolver: () => NameResolver,
  hostname: string,
  { family }: Pick<LookupOptions, 'family'>,
): Promise<readonly [LookupAddress, ...LookupAddress[]]> {
  const all =
    isIP(hostname) === 0 ? await resolve(createResolver(), hostname, family) : readLiteral(hostname);
  const [first, ...others] = all;
  if (first === undefined || all.some(({ address }) => !isPublicAddress(address))) {
    throw new WebhookSendError(notPublicReason);
  }
  return [first, ...others];
}

function readLiteral(address: string): readonly LookupAddress[] {
  return [{ address, family: isIP(address) }];
}

async function resolve(
  resolver: NameResolver,
  hostname: string,
  family: LookupOptions['family'],
): Promise<readonly LookupAddress[]> {
  const name = hostname.toLowerCase().replace(/\.$/, '');
  // Names of this machine or this network (RFC 6761): no name server on the internet knows one.
  if (!name.includes('.') || /\.(?:localhost|local|internal)$/.test(name)) {
    throw new WebhookSendError(notPublicReason);
  }
  const families = family === 4 || family === 'IPv4' ? [4] : family === 6 || family === 'IPv6' ? [6] : [4, 6];
  const results = await Promise.allSettled(
    families.map(async (each) => {
      const addresses = await (each === 4 ? resolver.resolve4(name) : resolver.resolve6(name));
      return addresses.map((address) => ({ address, family: each }));
    }),
  );
  const found = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  if (found.length > 0) return found;
  throw toLookupError(results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : [])));
}

/** That the name does not exist is only certain if no name server failed. */
function toLookupError(errors: readonly unknown[]): WebhookSendError {
  const codes = errors.map((error) => String((error as NodeJS.ErrnoException).code));
  const failure = codes.find((code) => code !== 'ENOTFOUND' && code !== 'ENODATA');
  if (failure === undefined) return new WebhookSendError('its host was not found');
  return new WebhookSendError(`its host could not be resolved (${failure})`);
}
