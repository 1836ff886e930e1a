import type { ApiKey } from '../../domain/api-key-view.js';
import { keyIdPattern } from '../../domain/key-format.js';
import { keyStates } from '../../domain/key-state.js';
import { revocationReasons } from '../../domain/revocation-reason.js';
import { keyFieldTable, type SettableKeyFields } from '../../domain/key-field-table.js';
import type { FieldRules } from '../../domain/field-rules.js';
import type { JsonSchema } from '../../domain/json-schema.js';
import { allowNull } from '../../domain/text-schemas.js';
import { actorSchema } from './actor-schema.js';
import { createObjectSchema, shownTime } from '../../domain/create-object-schema.js';

/** A key as it appears in responses; the compiler requires a schema for every member of the public view. */
export function createKeySchema(rules: FieldRules): JsonSchema {
  const { ownerId, name, description, scopes, environment, enabled, ...others } = describeShownFields(rules);
  const members: Readonly<Record<keyof ApiKey, JsonSchema>> = {
    id: {
      type: 'string',
      pattern: keyIdPattern.source,
      description: 'The id of the key; not a secret.',
      examples: ['1Zq8rT3vW5xY7zAb'],
    },
    keyspace: { type: 'string', description: 'The set of keys that it belongs to.', examples: ['default'] },
    ownerId,
    number: {
      type: ['integer', 'null'],
      minimum: 1,
      description: "Its number among the owner's keys; `null` unless the keyspace numbers keys.",
      examples: [null],
    },
    name,
    description,
    scopes,
    environment,
    state: {
      type: 'string',
      enum: keyStates,
      description: 'Its current state; only active keys are accepted.',
      examples: ['active'],
    },
    enabled,
    ...others,
    maxIdleDays: {
      type: ['integer', 'null'],
      minimum: 1,
      description: 'For how many days it may stay unused; `null`: for ever.',
      examples: [null],
    },
    idleAt: {
      ...allowNull(shownTime),
      description: 'When it is refused unless it is used before; moves on with every use. `null`: never.',
    },
    hint: {
      type: 'string',
      description: 'The beginning and the last four characters of the API key.',
      examples: [`${rules.keyspace.format.head}…x7Qa`],
    },
    signing: {
      enum: ['public-key', 'hmac', null],
      description: 'How requests can be signed with it; `null` if they cannot.',
      examples: [null],
    },
    publicKey: {
      ...allowNull(
        createObjectSchema({
          algorithm: { type: 'string', enum: ['ed25519', 'rsa'] },
          pem: { type: 'string' },
          sha256Fingerprint: { type: 'string', pattern: '^[0-9a-f]{64}$' },
          md5Fingerprint: { type: 'string', pattern: '^([0-9a-f]{2}:){15}[0-9a-f]{2}$' },
        }),
      ),
      description: 'Its newest public key; `null` for a key that has a secret.',
      examples: [null],
    },
    previousSecretEndsAt: {
      ...allowNull(shownTime),
      description:
        'When the secret before the last rotation stops working; `null` if it no longer works, or its end is not known yet.',
    },
    graceFromFirstUseSeconds: {
      type: ['integer', 'null'],
      minimum: 0,
      description:
        'Set until the newest secret is first used: from then on, the ones before it keep working for this many seconds.',
      examples: [null],
    },
    version: { type: 'integer', minimum: 1, description: 'Incremented by every change.', examples: [3] },
    createdAt: { ...shownTime, description: 'When it was created.' },
    createdBy: {
      ...allowNull(actorSchema),
      description:
        "The author of its creation; without an id, the app's own code. `null` if it was not recorded.",
    },
    parentId: {
      type: ['string', 'null'],
      description: 'The key that made it, with which it ends and which bounds what it may do; `null`: none.',
      examples: [null],
    },
    inactiveAncestor: {
      type: ['object', 'null'],
      description:
        'The key above it because of which it is refused, whatever its own `state` is; `removed`: it ended, and was removed since. `null`: none.',
      required: ['id', 'state'],
      properties: {
        id: { type: 'string' },
        state: { type: 'string', enum: ['revoked', 'disabled', 'expired', 'removed'] },
      },
      examples: [null],
    },
    updatedAt: { ...shownTime, description: 'When it was last changed.' },
    revokedAt: { ...allowNull(shownTime), description: 'When it was revoked.' },
    revocationReason: {
      type: ['string', 'null'],
      enum: [...revocationReasons, null],
      description: 'Why it was revoked, as a reason code of RFC 5280.',
      examples: [null],
    },
    revocationComment: {
      type: ['string', 'null'],
      description: 'The comment given with the revocation.',
      examples: [null],
    },
    lastUsedAt: {
      ...allowNull(shownTime),
      description: 'When it was last used; written in batches, so the most recent uses may be missing.',
    },
    useCount: {
      type: 'integer',
      minimum: 0,
      description: 'How many requests it authenticated.',
      examples: [42],
    },
    lastUsedAddress: {
      type: ['string', 'null'],
      description: 'The address of its last use.',
      examples: ['192.0.2.7'],
    },
  };
  return { ...createObjectSchema(members), description: 'An API key, without its secret.' };
}

/** Describes the settable fields of a key as they appear in responses. */
function describeShownFields(rules: FieldRules): Record<keyof SettableKeyFields, JsonSchema> {
  const schemas = Object.entries(keyFieldTable).map(([name, { schema, shownSchema }]) => {
    const shown = shownSchema ?? schema;
    return [name, omitRules(typeof shown === 'function' ? shown(rules) : shown)];
  });
  return Object.fromEntries(schemas) as Record<keyof SettableKeyFields, JsonSchema>;
}

/** Removes the rules that apply to requests but not to stored values. */
function omitRules(schema: JsonSchema): JsonSchema {
  const { 'x-future': _future, default: _default, ...rest } = schema;
  return rest;
}
