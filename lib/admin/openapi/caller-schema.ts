import { maxTokenLifetimeSeconds, minTokenLifetimeSeconds } from '../../domain/access-token.js';
import { actorRoles, listOperationsOf } from '../../domain/actor-role.js';
import type { Caller, CallerPlan } from '../../domain/caller.js';
import { createObjectSchema, shownTime } from '../../domain/create-object-schema.js';
import type { JsonSchema } from '../../domain/json-schema.js';
import { largestLifetimeDays } from '../../domain/lifetime-bounds.js';
import { shownRateLimitsSchema } from '../../domain/limit-schemas.js';
import { allowNull } from '../../domain/text-schemas.js';
import { stepUpOperations } from '../../http/step-up-options.js';
import { actorMembers } from './actor-schema.js';
import { ownerCreditsSchema } from './owner-schema.js';

const plan: Readonly<Record<keyof CallerPlan, JsonSchema>> = {
  name: {
    type: ['string', 'null'],
    description: 'The name of the plan; `null`: the default plan.',
    examples: ['free'],
  },
  maxKeys: {
    type: ['integer', 'null'],
    minimum: 1,
    description: 'Maximum number of keys that are not revoked; `null`: no maximum.',
    examples: [5],
  },
  keyCount: {
    type: ['integer', 'null'],
    minimum: 0,
    description: 'How many keys there are that count towards `maxKeys`; `null` without a maximum.',
    examples: [3],
  },
  maxLifetimeDays: {
    type: ['integer', 'null'],
    minimum: 1,
    maximum: largestLifetimeDays,
    description: 'How long after its creation a key ends at the latest, in days; `null`: no maximum.',
    examples: [90],
  },
  rateLimits: {
    ...shownRateLimitsSchema,
    description: 'Windows that all keys of the owner share; an empty list: none.',
  },
  credits: ownerCreditsSchema,
};

/** What the edge adds to what the caller is: these depend on the router and on the request. */
interface CallerOverHttp extends Caller {
  readonly stepUp: unknown;
  readonly address: unknown;
  readonly credentialHeaders: unknown;
  readonly tokenLifetimeSeconds: unknown;
}

const members: Readonly<Record<keyof CallerOverHttp, JsonSchema>> = {
  ...actorMembers,
  ownerId: {
    type: ['string', 'null'],
    description: 'The owner whose keys the caller sees; `null`: all keys, as for admins.',
    examples: ['customer-17'],
  },
  role: {
    type: ['string', 'null'],
    enum: [...actorRoles, null],
    description: 'The role of a person who acts for an owner; `null`: none, which bounds nothing.',
    examples: ['manager'],
  },
  may: {
    type: 'array',
    items: { type: 'string', enum: [...listOperationsOf(null)] },
    description: 'What the caller may do with keys. Disabling and enabling a key is an `update`.',
    examples: [['read', 'rotate', 'revoke']],
  },
  environments: {
    type: 'array',
    items: { type: 'string' },
    description: 'Which environments keys can belong to.',
    examples: [['live', 'test']],
  },
  environment: {
    type: 'string',
    description: 'The environment of a key that is created without one.',
    examples: ['live'],
  },
  suspendedAt: {
    ...allowNull(shownTime),
    description: 'Since when all keys of the owner are refused; `null` when they are not, and for admins.',
  },
  plan: {
    ...allowNull(createObjectSchema(plan)),
    description: 'What the plan of the owner gives, with the overrides of the owner; `null` for admins.',
  },
  plans: {
    type: ['array', 'null'],
    items: { type: 'string' },
    description: 'The names of the plans that owners can have, `null` for all but admins, who give them.',
    examples: [['free', 'pro']],
  },
  stepUp: {
    type: 'array',
    items: { type: 'string', enum: [...stepUpOperations] },
    description: 'The operations that need a second factor.',
    examples: [['rotate']],
  },
  address: {
    type: ['string', 'null'],
    description: 'The address that this request came from, as allowlists of keys see it; `null`: unknown.',
    examples: ['203.0.113.7'],
  },
  credentialHeaders: {
    type: 'array',
    items: createObjectSchema({
      name: { type: 'string', examples: ['X-API-Key'] },
      prefix: {
        type: 'string',
        description: 'What is written before the key, with its space: an authentication scheme, or nothing.',
        examples: [''],
      },
    }),
    description: 'The headers in which keys are sent to the app, the preferred one first.',
  },
  tokenLifetimeSeconds: {
    type: ['integer', 'null'],
    minimum: minTokenLifetimeSeconds,
    maximum: maxTokenLifetimeSeconds,
    description:
      'How long access tokens live whose key has no `tokenLifetimeSeconds`; `null`: keys are not exchanged for tokens here.',
    examples: [3600],
  },
};

const optional: ReadonlySet<string> = new Set<keyof Caller>(['memberId', 'memberName']);

/** Who a caller is, and what it may do. */
export const callerSchema: JsonSchema = {
  ...createObjectSchema(members),
  required: Object.keys(members).filter((name) => !optional.has(name)),
  description: 'Who the caller is, and what it may do.',
};
