import type { Field } from '../../domain/field.js';
import { keyFieldTable, type SettableKeyFields } from '../../domain/key-field-table.js';
import {
  maxDescriptionLength,
  maxGracePeriodSeconds,
  parseDescription,
  parseGracePeriodSeconds,
} from '../../domain/key-fields.js';
import {
  formatNamePattern,
  maxRowsOfRequest,
  parseDryRun,
  parseFormatName,
  parseRows,
} from '../../domain/import-fields.js';
import { maxPemLength } from '../../domain/public-key.js';
import { parseSuspensionReason } from '../../domain/owner.js';
import {
  createOverridesSchema,
  createPlanMembersSchema,
  createPlanNameSchema,
  parseOverrides,
  parsePlanName,
} from '../../domain/owner-plan.js';
import { eventTypeNames } from '../../domain/event-type.js';
import {
  defaultOverlapSeconds,
  maxOverlapSeconds,
  maxSequences,
  parseEventTypes,
  parseOverlapSeconds,
  parseSequences,
  parseWebhookUrl,
} from '../../events/webhook-fields.js';
import { parsePlanMembers } from '../../domain/parse-plan-members.js';
import { parseRevocationReason, revocationReasons } from '../../domain/revocation-reason.js';
import { parseGraceStartsOnFirstUse } from '../../domain/rotation-fields.js';
import { parseSigningMethod, signingMethods } from '../../domain/signing-method.js';
import { createLinesSchema, allowNull } from '../../domain/text-schemas.js';
import { readPublicKey } from '../../manage/read-public-key.js';

/** From RFC 9421, appendix B.1.4. */
const examplePem =
  '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n-----END PUBLIC KEY-----\n';

/** A field that a body can contain. */
export type BodyField =
  | keyof SettableKeyFields
  | 'gracePeriodSeconds'
  | 'graceStartsOnFirstUse'
  | 'publicKey'
  | 'signing'
  | 'reason'
  | 'comment'
  | 'suspensionReason'
  | 'plan'
  | 'overrides'
  | 'as'
  | 'format'
  | 'rows'
  | 'dryRun'
  | 'url'
  | 'types'
  | 'overlapSeconds'
  | 'sequences';

/** Every field that a body can contain: those of keys, and those for creating a secret or revoking a key. */
export const bodyFields: Readonly<Record<BodyField, Field<unknown>>> = {
  ...keyFieldTable,
  gracePeriodSeconds: {
    schema: {
      type: 'integer',
      minimum: 0,
      maximum: maxGracePeriodSeconds,
      default: 0,
      description: 'How long the old secret stays valid, in seconds; 0 ends it immediately.',
      examples: [3600],
    },
    parse: parseGracePeriodSeconds,
  },
  graceStartsOnFirstUse: {
    schema: {
      type: 'boolean',
      default: false,
      description:
        'Whether the grace period begins when the new secret is first used; until then, the old one does not expire.',
      examples: [true],
    },
    parse: parseGraceStartsOnFirstUse,
  },
  publicKey: {
    schema: {
      type: 'string',
      maxLength: maxPemLength,
      'x-public-key': true,
      description:
        'Public key to authenticate with instead of a secret; the key then has no secret, and requests are signed with ' +
        'the private key.',
      examples: [examplePem],
    },
    parse: readPublicKey,
  },
  signing: {
    schema: {
      type: 'string',
      enum: signingMethods,
      description:
        'Lets the secret sign requests; to that end it is stored, sealed under the pepper. Not for keys with a public key.',
      examples: ['hmac'],
    },
    parse: parseSigningMethod,
  },
  reason: {
    schema: {
      type: 'string',
      enum: revocationReasons,
      description: 'Why the key is revoked, as a reason code of RFC 5280.',
      examples: ['keyCompromise'],
    },
    parse: parseRevocationReason,
  },
  comment: {
    schema: {
      ...allowNull(createLinesSchema(maxDescriptionLength)),
      description: 'Why the key is revoked, in your own words; line breaks are allowed.',
      examples: ['Found in a public repository.'],
    },
    parse: parseDescription,
  },
  suspensionReason: {
    schema: {
      ...allowNull(createLinesSchema(maxDescriptionLength)),
      description: 'Why the owner is suspended, in your own words, for operators; line breaks are allowed.',
      examples: ['Invoice 17 is overdue'],
    },
    parse: parseSuspensionReason,
  },
  plan: {
    schema: createPlanNameSchema,
    parse: (value, { keyspace }) => parsePlanName(value, keyspace.plans.names),
  },
  overrides: {
    schema: createOverridesSchema,
    parse: (value, { keyspace }) => parseOverrides(value, keyspace),
  },
  as: {
    schema: createPlanMembersSchema,
    parse: (value, { keyspace }) => parsePlanMembers(value, keyspace),
  },
  format: {
    schema: {
      type: 'string',
      pattern: formatNamePattern.source,
      description: 'The name of one of `foreignFormats` of the instance.',
      examples: ['legacy'],
    },
    parse: parseFormatName,
  },
  rows: {
    schema: {
      type: 'array',
      minItems: 1,
      maxItems: maxRowsOfRequest,
      items: { type: 'object', additionalProperties: true },
      description:
        'Keys of the earlier system: the fields of a new key, `ownerId`, and `key` or `hash`. What is wrong with a row is in the report.',
      examples: [[{ hash: '5f'.repeat(32), ownerId: 'customer-17', name: 'CI', scopes: [] }]],
    },
    parse: parseRows,
  },
  dryRun: {
    schema: {
      type: 'boolean',
      default: false,
      description: 'Checks every row and writes nothing.',
      examples: [true],
    },
    parse: parseDryRun,
  },
  url: {
    schema: {
      type: 'string',
      pattern: '^https://[!-~]{1,1990}$',
      'x-webhook-url': true,
      description:
        'Where events are sent to. It begins with `https://` and has no user name; redirects are not followed, and addresses that are not public are refused.',
      examples: ['https://crm.acme.example/api-keys'],
    },
    parse: parseWebhookUrl,
  },
  types: {
    schema: {
      type: ['array', 'null'],
      items: { type: 'string', enum: eventTypeNames },
      minItems: 1,
      uniqueItems: true,
      default: null,
      description: 'The types of events that the endpoint gets; `null`: all of them.',
      examples: [['api_key.created', 'api_key.revoked']],
    },
    parse: parseEventTypes,
  },
  overlapSeconds: {
    schema: {
      type: 'integer',
      minimum: 0,
      maximum: maxOverlapSeconds,
      default: defaultOverlapSeconds,
      description: 'How long requests are signed with the previous secret as well, in seconds.',
      examples: [3600],
    },
    parse: parseOverlapSeconds,
  },
  sequences: {
    schema: {
      type: 'array',
      items: { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
      minItems: 1,
      maxItems: maxSequences,
      uniqueItems: true,
      description: 'The `sequence` of each delivery to attempt again; left out: all that were given up.',
      examples: [[1204]],
    },
    parse: parseSequences,
  },
};
