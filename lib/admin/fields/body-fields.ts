import type { Field } from '../../domain/field.js';
import { keyFieldTable, type SettableKeyFields } from '../../domain/key-field-table.js';
import {
  maxDescriptionLength,
  maxGracePeriodSeconds,
  parseDescription,
  parseGracePeriodSeconds,
} from '../../domain/key-fields.js';
import { maxPemLength } from '../../domain/public-key.js';
import { parseRevocationReason, revocationReasons } from '../../domain/revocation-reason.js';
import { parseGraceStartsOnFirstUse } from '../../domain/rotation-fields.js';
import { parseSigningMethod, signingMethods } from '../../domain/signing-method.js';
import { linesSchema, orNull } from '../../domain/text-schemas.js';
import { readPublicKey } from '../../manage/read-public-key.js';

/** Of RFC 9421, appendix B.1.4. */
const examplePem =
  '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n-----END PUBLIC KEY-----\n';

/** A field that a body can hold. */
export type BodyField =
  | keyof SettableKeyFields
  | 'gracePeriodSeconds'
  | 'graceStartsOnFirstUse'
  | 'publicKey'
  | 'signing'
  | 'reason'
  | 'comment';

/** Every field that a body can hold: those of keys, and what is said when a secret is made or a key is ended. */
export const bodyFields: Readonly<Record<BodyField, Field<unknown>>> = {
  ...keyFieldTable,
  gracePeriodSeconds: {
    schema: {
      type: 'integer',
      minimum: 0,
      maximum: maxGracePeriodSeconds,
      default: 0,
      description: 'How long the old secret stays valid; 0 ends it at once.',
      examples: [3600],
    },
    parse: parseGracePeriodSeconds,
  },
  graceStartsOnFirstUse: {
    schema: {
      type: 'boolean',
      default: false,
      description:
        'Whether the grace period begins when the new secret is used for the first time; until then the old one has no end.',
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
        'What the key is proven with instead of a secret, which there is none then: requests are signed with its ' +
        'private half.',
      examples: [examplePem],
    },
    parse: readPublicKey,
  },
  signing: {
    schema: {
      type: 'string',
      enum: signingMethods,
      description:
        'Lets the secret sign requests; for that it is kept, sealed under the pepper. Not for keys with a public key.',
      examples: ['hmac'],
    },
    parse: parseSigningMethod,
  },
  reason: {
    schema: {
      type: 'string',
      enum: revocationReasons,
      description: 'Why the key is revoked, in the words of RFC 5280.',
      examples: ['keyCompromise'],
    },
    parse: parseRevocationReason,
  },
  comment: {
    schema: {
      ...orNull(linesSchema(maxDescriptionLength)),
      description: 'Why the key is revoked, in your own words; line breaks are allowed.',
      examples: ['Found in a public repository.'],
    },
    parse: parseDescription,
  },
};
