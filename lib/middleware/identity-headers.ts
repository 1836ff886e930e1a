import type { ApiKeyIdentity } from '../domain/api-key-identity.js';
import type { ResourceCatalogue } from '../domain/resource-catalogue.js';

/** What a service behind a proxy is sent about the caller, by header. */
const readers = {
  'X-Auth-Key-Id': ({ id }) => id,
  'X-Auth-Key-Owner': ({ ownerId }) => ownerId,
  'X-Auth-Key-Name': ({ name }) => name,
  'X-Auth-Key-Scopes': ({ scopes }) => scopes,
  'X-Auth-Key-Features': ({ features }) => features,
  'X-Auth-Key-Resources': listResources,
  'X-Auth-Key-Environment': ({ environment }) => environment,
  'X-Auth-Key-Via': ({ via }) => via,
} as const satisfies Readonly<
  Record<string, (apiKey: ApiKeyIdentity, resources: ResourceCatalogue) => string | readonly string[]>
>;

/**
 * What the key is bound to, as `kind:id`; nothing for a key that is bound to nothing. A key of which nothing is left of a kind would
 * look the same, so it is refused before (`createServiceCheck`).
 */
function listResources(apiKey: ApiKeyIdentity, { kinds }: ResourceCatalogue): readonly string[] {
  return kinds.flatMap((kind) => {
    const ids = apiKey.only(kind);
    return ids === 'all' ? [] : ids.map((id) => `${kind}:${id}`);
  });
}

/** The names of the headers, in lower case. */
export const identityHeaderNames: readonly string[] = Object.keys(readers).map((name) => name.toLowerCase());

/** In place of an empty value: some proxies keep the client's own header where this one is empty. */
const nothing = '-';

/**
 * Composes the headers that name the caller. All of them are there and none is empty, whatever the key has, so that a header of
 * that name from the client is always replaced. Values are percent-encoded (UTF-8) except for printable ASCII without blanks and
 * `%`; lists are separated by blanks.
 */
export function composeIdentityHeaders(
  apiKey: ApiKeyIdentity,
  resources: ResourceCatalogue,
): readonly (readonly [name: string, value: string])[] {
  return Object.entries(readers).map(([name, read]) => {
    const value: string | readonly string[] = read(apiKey, resources);
    const words = typeof value === 'string' ? [value] : value;
    return [name, words.map(encodeWord).join(' ') || nothing];
  });
}

function encodeWord(word: string): string {
  return word.replace(/[^\x21-\x24\x26-\x7e]/gu, (character) =>
    Buffer.from(character).toString('hex').toUpperCase().replace(/../g, '%$&'),
  );
}
