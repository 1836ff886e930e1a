import { base62Alphabet, base64urlAlphabet } from '../../domain/charset.js';
import { createFeatureCatalogue } from '../../domain/feature-catalogue.js';
import type { KeyFormat } from '../../domain/key-format.js';
import { noPolicy } from '../../domain/keyspace-policy.js';
import { createPairFormat } from '../../domain/pair-format.js';
import type { ScopeCatalogue } from '../../domain/scope-catalogue.js';
import type { NewKeyspace } from '../dialect-host.js';
import type { LifetimePolicy } from '../../domain/lifetime-bounds.js';
import { toLifetimePolicy } from '../lifetime-options.js';
import { deribitHmacScheme } from './deribit-hmac-scheme.js';
import type { ResolvedDeribitOptions } from './deribit-options.js';

/** `client_id` with 8 and `client_secret` with 43 characters, as in Deribit's examples. */
const format: KeyFormat = createPairFormat({
  head: '',
  id: { alphabet: base62Alphabet, length: 8 },
  secret: { alphabet: base64urlAlphabet, length: 43 },
  checksumLength: 0,
});

const descriptions = {
  restricted_block_trades: 'Sees only block trades that were made with this key',
  block_trade_approval: 'Block trades of this key need approval',
};
/** Each feature is a restriction: a key with one cannot create a key without it. */
const features = createFeatureCatalogue(descriptions, Object.keys(descriptions));

/** Defines the keyspace of Deribit's keys: an owner has a few, which are numbered. */
export function createDeribitKeyspace(
  catalogue: ScopeCatalogue,
  { maxKeys, ...lifetime }: Pick<ResolvedDeribitOptions, 'maxKeys'> & LifetimePolicy,
): NewKeyspace {
  return {
    name: 'deribit',
    catalogue,
    hasAppScopes: false,
    features,
    policy: { ...noPolicy, ...toLifetimePolicy(lifetime), maxKeysPerOwner: maxKeys, numberKeys: true },
    formatFor: () => format,
    // Every method that creates or changes keys needs it.
    managementScope: 'account:read_write',
    hmacScheme: deribitHmacScheme,
  };
}
