import type { AuditActor } from '../../domain/audit-entry.js';
import { createObjectSchema } from '../../domain/create-object-schema.js';
import type { JsonSchema } from '../../domain/json-schema.js';

/** The members of an actor; those of a person are optional. */
export const actorMembers: Readonly<Record<keyof AuditActor, JsonSchema>> = {
  kind: { type: 'string', enum: ['owner', 'admin', 'key', 'application'], examples: ['owner'] },
  id: { type: ['string', 'null'], examples: ['customer-17'] },
  memberId: {
    type: 'string',
    description: 'The member who acted for the owner, if the app named one.',
    examples: ['user-42'],
  },
  memberName: {
    type: 'string',
    description: "The member's name at that time, if the app named one.",
    examples: ['Olga'],
  },
};

/** The author of a change or a request, as it appears in responses. */
export const actorSchema: JsonSchema = { ...createObjectSchema(actorMembers), required: ['kind', 'id'] };
