import { createObjectSchema, shownTime } from '../../domain/create-object-schema.js';
import type { JsonSchema } from '../../domain/json-schema.js';
import { allowNull } from '../../domain/text-schemas.js';

/** An owner as it appears in responses. */
export const ownerSchema: JsonSchema = {
  ...createObjectSchema({
    ownerId: { type: 'string', examples: ['customer-17'] },
    suspendedAt: {
      ...allowNull(shownTime),
      description: 'Since when all keys of the owner are refused; `null` when they are not.',
    },
    suspensionReason: {
      type: ['string', 'null'],
      description: 'Why the owner was suspended, for operators.',
      examples: ['Invoice 17 is overdue'],
    },
    version: {
      type: 'integer',
      minimum: 0,
      description: 'Incremented by every change; 0 while nothing is recorded about the owner.',
      examples: [1],
    },
    createdAt: { ...allowNull(shownTime), description: 'When something was first recorded.' },
    updatedAt: { ...allowNull(shownTime), description: 'When it last changed.' },
  }),
  description: 'What an owner may do now.',
};
