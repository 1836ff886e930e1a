import type { ServerFacts } from './server-metadata.js';

/**
 * The metadata of a protected resource (RFC 9728 section 2); `null` when there is none at that path. Scopes are not listed:
 * clients would request all of them, and no token has more than its key.
 *
 * @param path - behind the name of the document; empty is also where clients look that try the root only: then the only
 * resource is meant
 */
export function createResourceMetadata(
  { issuer }: Pick<ServerFacts, 'issuer'>,
  resources: readonly string[],
  path: string,
): object | null {
  const wanted = path.replace(/\/$/, '');
  const named = resources.find((url) => new URL(url).pathname.replace(/\/$/, '') === wanted);
  const resource = named ?? (wanted === '' && resources.length === 1 ? resources[0] : undefined);
  if (resource === undefined) return null;
  return { resource, authorization_servers: [issuer], bearer_methods_supported: ['header'] };
}
