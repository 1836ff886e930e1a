import type { ApiKey } from '../../domain/api-key-view.js';
import { keyIdPattern } from '../../domain/key-format.js';
import { keyStates } from '../../domain/key-state.js';
import { revocationReasons } from '../../domain/revocation-reason.js';
import { keyFieldTable, type SettableKeyFields } from '../../domain/key-field-table.js';
import type { FieldRules } from '../../domain/field-rules.js';
import type { JsonSchema } from '../../domain/json-schema.js';
import { orNull } from '../../domain/text-schemas.js';
import { objectSchema, shownTime } from '../../domain/object-schema.js';

/** A key as answers show it; the compiler asks for a schema of every member that a key is shown with. */
export function createKeySchema(rules: FieldRules): JsonSchema {
  const { ownerId, name, description, scopes, environment, enabled, ...others } = describeShownFields(rules);
  const members: Readonly<Record<keyof ApiKey, JsonSchema>> = {
    id: {
      type: 'string',
      pattern: keyIdPattern.source,
      description: 'The id of the key; it is no secret.',
      examples: ['1Zq8rT3vW5xY7zAb'],
    },
    keyspace: { type: 'string', description: 'The set of keys that it belongs to.', examples: ['default'] },
    ownerId,
    number: {
      type: ['integer', 'null'],
      minimum: 1,
      description: "Its number among the owner's keys, where the keyspace numbers them.",
      examples: [null],
    },
    name,
    description,
    scopes,
    environment,
    state: {
      type: 'string',
      enum: keyStates,
      description: 'What it is now; only active keys are let in.',
      examples: ['active'],
    },
    enabled,
    ...others,
    hint: {
      type: 'string',
      description: 'The beginning and the last four characters of the API key.',
      examples: [`${rules.keyspace.format.head}…x7Qa`],
    },
    signing: {
      enum: ['public-key', 'hmac', null],
      description: 'How requests can be signed with it; `null`: they cannot.',
      examples: [null],
    },
    publicKey: {
      ...orNull(
        objectSchema({
          algorithm: { type: 'string', enum: ['ed25519', 'rsa'] },
          pem: { type: 'string' },
          sha256Fingerprint: { type: 'string', pattern: '^[0-9a-f]{64}$' },
          md5Fingerprint: { type: 'string', pattern: '^([0-9a-f]{2}:){15}[0-9a-f]{2}$' },
        }),
      ),
      description: 'Its newest public key; `null` when it has a secret.',
      examples: [null],
    },
    previousSecretEndsAt: {
      ...orNull(shownTime),
      description: 'Until when the secret before the last rotation still works; `null` when it does not.',
    },
    graceFromFirstUseSeconds: {
      type: ['integer', 'null'],
      minimum: 0,
      description:
        'Set while the newest secret has not been used: from its first use on, the ones before it work for so many seconds.',
      examples: [null],
    },
    version: { type: 'integer', minimum: 1, description: 'One more with every change.', examples: [3] },
    createdAt: { ...shownTime, description: 'When it was made.' },
    updatedAt: { ...shownTime, description: 'When it was changed last.' },
    revokedAt: { ...orNull(shownTime), description: 'When it was revoked.' },
    revocationReason: {
      type: ['string', 'null'],
      enum: [...revocationReasons, null],
      description: 'Why it was revoked, in the words of RFC 5280.',
      examples: [null],
    },
    revocationComment: {
      type: ['string', 'null'],
      description: 'Why it was revoked, in the words of who did it.',
      examples: [null],
    },
    lastUsedAt: {
      ...orNull(shownTime),
      description: 'When it was let in last; written in batches, so the last uses may still be missing.',
    },
    useCount: { type: 'integer', minimum: 0, description: 'How often it was let in.', examples: [42] },
    lastUsedAddress: {
      type: ['string', 'null'],
      description: 'Where it was used from last.',
      examples: ['192.0.2.7'],
    },
  };
  return { ...objectSchema(members), description: 'An API key, without its secret.' };
}

/** What can be said of a key, as it is shown. */
function describeShownFields(rules: FieldRules): Record<keyof SettableKeyFields, JsonSchema> {
  const schemas = Object.entries(keyFieldTable).map(([name, { schema, shownSchema }]) => {
    const shown = shownSchema ?? schema;
    return [name, omitRules(typeof shown === 'function' ? shown(rules) : shown)];
  });
  return Object.fromEntries(schemas) as Record<keyof SettableKeyFields, JsonSchema>;
}

/** What only a request has to fulfil, a stored value need not. */
function omitRules(schema: JsonSchema): JsonSchema {
  const { 'x-future': _future, default: _default, ...rest } = schema;
  return rest;
}
