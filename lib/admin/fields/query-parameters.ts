import { anchorPattern, parseAnchor } from '../../audit/parse-anchor.js';
import { maxSentEntries, maxSequence, parseAfterSequence, parseResume } from '../../audit/parse-part.js';
import {
  InvalidFieldError,
  maxNameLength,
  maxOwnerIdLength,
  parseLine,
  parseMoment,
  parseName,
  parseOwnerId,
} from '../../domain/key-fields.js';
import { maxTagLength } from '../../domain/parse-tags.js';
import { isKeyId, keyIdPattern } from '../../domain/key-format.js';
import { postureReasons } from '../../domain/posture.js';
import { keyStates } from '../../domain/key-state.js';
import { isScope, isWildcard, maxScopeLength, soughtScopePattern } from '../../domain/scope.js';
import { defaultThresholds, parsePostureReason } from '../../manage/get-posture.js';
import { parseUsagePeriod } from '../../manage/get-key-usage.js';
import { defaultPageSize, maxPageSize, maxUnusedDays, parseUnusedDays } from '../../manage/list-filter.js';
import { parseAction, parseProblemCode, soughtActions, soughtCodes } from '../../manage/log-conditions.js';
import { maxCursorLength, maxSentResumeLength } from '../../ports/cursor-signer.js';
import type { Field } from '../../domain/field.js';
import { createSoughtResourceSchema } from '../../domain/resource-schemas.js';
import { parseSoughtResource } from '../../domain/sought-resource.js';
import { createLineSchema } from '../../domain/text-schemas.js';
import { timeSchema } from '../../domain/time-schemas.js';

/** A parameter that a query can contain. */
export type QueryParameter =
  | 'limit'
  | 'cursor'
  | 'ownerId'
  | 'keyId'
  | 'keyspace'
  | 'state'
  | 'scope'
  | 'q'
  | 'tag'
  | 'createdByMember'
  | 'parentId'
  | 'inactiveAncestor'
  | 'resource'
  | 'expiresBefore'
  | 'unusedForDays'
  | 'reason'
  | 'unusedAfterDays'
  | 'endsWithinDays'
  | 'suspended'
  | 'dead'
  | 'action'
  | 'actor'
  | 'memberId'
  | 'code'
  | 'anchor'
  | 'maxEntries'
  | 'resume'
  | 'afterSequence'
  | 'by'
  | 'byRoute'
  | 'from'
  | 'to';

/**
 * Every parameter that a query can contain, and its parser. Values are strings; repeated parameters were already rejected.
 * A schema of the type `integer` means a plain decimal number, and `boolean` the words `true` and `false`.
 */
export const queryParameters: Readonly<Record<QueryParameter, Field<string>>> = {
  limit: {
    schema: {
      type: 'integer',
      minimum: 1,
      maximum: maxPageSize,
      default: defaultPageSize,
      description: 'Maximum number of items per page.',
    },
    parse: createCountParser(maxPageSize),
  },
  cursor: {
    schema: {
      type: 'string',
      minLength: 1,
      maxLength: maxCursorLength,
      'x-issued-cursor': true,
      description: 'The `nextCursor` of the previous page, with the same filter.',
    },
    parse: parseCursor,
  },
  ownerId: {
    schema: { ...createLineSchema(maxOwnerIdLength), description: 'Only what belongs to this owner.' },
    parse: parseOwnerId,
  },
  keyId: {
    schema: { type: 'string', pattern: keyIdPattern.source, description: 'Only what concerns this key.' },
    parse: parseKeyId,
  },
  keyspace: {
    schema: { ...createLineSchema(maxNameLength), description: 'Only keys of this keyspace.' },
    parse: parseSoughtText,
  },
  state: {
    schema: { type: 'string', enum: keyStates, description: 'Only keys in this state.' },
    parse: (value) => requireOneOf(value, keyStates),
  },
  scope: {
    schema: {
      type: 'string',
      maxLength: maxScopeLength,
      pattern: soughtScopePattern.source,
      description: 'Only keys with exactly this scope.',
    },
    parse: parseScope,
  },
  q: {
    schema: {
      ...createLineSchema(maxNameLength),
      description: 'Only keys whose name, or owners whose id, contains this string, ignoring case.',
    },
    parse: parseSoughtText,
  },
  tag: {
    // No tag contains a comma, so a search for one finds nothing.
    schema: { ...createLineSchema(maxTagLength), description: 'Only keys with exactly this tag.' },
    parse: (value) => parseLine(value, maxTagLength),
  },
  createdByMember: {
    schema: {
      ...createLineSchema(maxOwnerIdLength),
      description: 'Only keys that the member with this id has created.',
    },
    parse: parseOwnerId,
  },
  parentId: {
    schema: {
      ...createLineSchema(maxOwnerIdLength),
      description: 'Only the children of the key with this id: the keys that it has made.',
    },
    parse: parseOwnerId,
  },
  inactiveAncestor: {
    schema: {
      type: 'boolean',
      description: 'Only keys that are refused because of a key above them, or only keys that are not.',
    },
    parse: parseBoolean,
  },
  resource: {
    schema: ({ keyspace }) => createSoughtResourceSchema(keyspace.resources),
    parse: (value, { keyspace }) => parseSoughtResource(value, keyspace.resources),
  },
  expiresBefore: {
    schema: {
      ...timeSchema,
      description:
        'Only keys that expire before this time (RFC 3339, with offset), including those that have already expired.',
    },
    parse: parseMoment,
  },
  unusedForDays: {
    schema: {
      type: 'integer',
      minimum: 1,
      maximum: maxUnusedDays,
      description:
        'Only keys not used for this many days: last used before that, or created before that and never used.',
    },
    parse: parseDays,
  },
  reason: {
    schema: { type: 'string', enum: postureReasons, description: 'Only items with this reason.' },
    parse: parsePostureReason,
  },
  unusedAfterDays: {
    schema: {
      type: 'integer',
      minimum: 1,
      maximum: maxUnusedDays,
      default: defaultThresholds.unusedAfterDays,
      description: 'After how many days without a use a key is listed.',
    },
    parse: parseDays,
  },
  endsWithinDays: {
    schema: {
      type: 'integer',
      minimum: 1,
      maximum: maxUnusedDays,
      default: defaultThresholds.endsWithinDays,
      description: 'How many days before its end a key is listed.',
    },
    parse: parseDays,
  },
  suspended: {
    schema: { type: 'boolean', description: 'Only owners that are suspended, or only those that are not.' },
    parse: parseBoolean,
  },
  dead: {
    schema: {
      type: 'boolean',
      description: 'Only deliveries that were given up, or only those that are attempted again.',
    },
    parse: parseBoolean,
  },
  byRoute: {
    schema: {
      type: 'boolean',
      default: false,
      description:
        'Whether to return `routes`: the requests by route and class of status, of whole days (UTC). They are counted where the ' +
        'option `metrics.usageByRoute` is set.',
    },
    parse: parseBoolean,
  },
  by: {
    schema: {
      type: 'string',
      enum: ['hour', 'day'],
      default: 'hour',
      description: 'Whether to count per hour or per day (UTC).',
    },
    parse: parseUsagePeriod,
  },
  from: {
    schema: { ...timeSchema, description: 'From this time on (RFC 3339, with offset).' },
    parse: parseMoment,
  },
  to: {
    schema: { ...timeSchema, description: 'Up to this time (RFC 3339, with offset).' },
    parse: parseMoment,
  },
  action: {
    schema: { type: 'string', enum: soughtActions, description: 'Only entries of this action.' },
    parse: parseAction,
  },
  actor: {
    schema: {
      ...createLineSchema(maxOwnerIdLength),
      description: 'Only changes made by the owner, admin or key with this id.',
    },
    parse: parseOwnerId,
  },
  memberId: {
    schema: {
      ...createLineSchema(maxOwnerIdLength),
      description: 'Only changes made by the member of an owner with this id.',
    },
    parse: parseOwnerId,
  },
  code: {
    schema: {
      type: 'string',
      enum: soughtCodes,
      description: 'Only requests that were answered with this code.',
    },
    parse: parseProblemCode,
  },
  anchor: {
    schema: {
      type: 'string',
      pattern: anchorPattern.source,
      description: 'The `anchor` of an earlier verification; the log must still contain it.',
    },
    parse: parseAnchor,
  },
  maxEntries: {
    schema: {
      type: 'integer',
      minimum: 1,
      maximum: maxSentEntries,
      description: 'After how many entries, and then keys, the part ends. Absent: all of them are verified.',
    },
    parse: createCountParser(maxSentEntries),
  },
  resume: {
    schema: {
      type: 'string',
      minLength: 1,
      maxLength: maxSentResumeLength,
      'x-issued-cursor': true,
      description: 'The `resume` of the part before, with the same `anchor`.',
    },
    parse: parseSentResume,
  },
  afterSequence: {
    schema: {
      type: 'integer',
      minimum: 0,
      maximum: maxSequence,
      default: 0,
      description: 'Only entries with a higher `sequence`: that of the last entry that was exported.',
    },
    parse: (value) => parseAfterSequence(/^(0|[1-9]\d{0,14})$/.test(value) ? Number(value) : NaN),
  },
};

/** Its signature is checked where it is used. A longer one was not made for HTTP. */
function parseSentResume(value: string): string {
  return parseResume(value.length > maxSentResumeLength ? '' : value);
}

function parseDays(value: string): number {
  return parseUnusedDays(/^[1-9]\d{0,3}$/.test(value) ? Number(value) : Infinity);
}

function parseBoolean(value: string): boolean {
  if (value !== 'true' && value !== 'false') throw new InvalidFieldError('must be true or false');
  return value === 'true';
}

/** Parses a number up to this one, of six digits at most. Number() would also accept `1e2`, `0x10` and the empty string. */
function createCountParser(most: number): (value: string) => number {
  return (value) => {
    const count = /^[1-9]\d{0,5}$/.test(value) ? Number(value) : Infinity;
    if (count > most) throw new InvalidFieldError(`must be a whole number from 1 to ${most}`);
    return count;
  };
}

function parseCursor(value: string): string {
  if (value === '' || value.length > maxCursorLength) {
    throw new InvalidFieldError('must be the nextCursor of a page with the same filter');
  }
  return value;
}

function parseKeyId(value: string): string {
  if (!isKeyId(value)) throw new InvalidFieldError('must be the id of a key');
  return value;
}

/**
 * Parses a search string: the name of a keyspace, or a part of a key's name. No such name is longer than a key's name, or
 * contains characters that a key's name must not, so nothing else could be found.
 */
function parseSoughtText(value: string): string {
  return parseName(value);
}

function parseScope(value: string): string {
  if (!isScope(value) && !isWildcard(value)) {
    throw new InvalidFieldError("must be one scope, for example 'orders:read'");
  }
  return value;
}

function requireOneOf(value: string, allowed: readonly string[]): string {
  if (!allowed.includes(value)) throw new InvalidFieldError(`must be one of ${allowed.join(', ')}`);
  return value;
}
