/**
 * How the cell of a field is read.
 *
 * - `words`: a list of words without spaces and commas
 * - `list`: a list of strings
 * - `flag`, `inverted`: yes or no; `inverted` is the opposite of the field
 */
export type FieldKind = 'text' | 'hash' | 'words' | 'list' | 'flag' | 'inverted' | 'number' | 'time' | 'json';

/** Where a cell goes. */
export interface RowTarget {
  /** As it is called in commands and reports. */
  readonly name: string;
  /** The field of a row of `keys.import`. */
  readonly field: string;
  /** Of `metadata.NAME`: the member; otherwise `null`. */
  readonly member: string | null;
  readonly kind: FieldKind;
  /** Whether an empty cell leaves the field out. Otherwise it is refused, because to guess would be to grant. */
  readonly mayBeEmpty: boolean;
}

/** The fields of a row of `keys.import`. */
export type RowField =
  | 'key'
  | 'hash'
  | 'visiblePart'
  | 'saltBefore'
  | 'saltAfter'
  | 'ownerId'
  | 'name'
  | 'description'
  | 'scopes'
  | 'environment'
  | 'enabled'
  | 'expiresAt'
  | 'createdAt'
  | 'lastUsedAt'
  | 'lastFour'
  | 'ipAllowlist'
  | 'resources'
  | 'metadata'
  | 'features'
  | 'tags'
  | 'rateLimits'
  | 'credits'
  | 'tokenLifetimeSeconds';

/** How the cell of each of them is read. */
export const rowFields: Readonly<Record<RowField, FieldKind>> = {
  key: 'text',
  hash: 'hash',
  visiblePart: 'text',
  saltBefore: 'text',
  saltAfter: 'text',
  ownerId: 'text',
  name: 'text',
  description: 'text',
  scopes: 'words',
  environment: 'text',
  enabled: 'flag',
  expiresAt: 'time',
  createdAt: 'time',
  lastUsedAt: 'time',
  lastFour: 'text',
  ipAllowlist: 'words',
  resources: 'json',
  metadata: 'json',
  features: 'words',
  tags: 'list',
  rateLimits: 'json',
  credits: 'json',
  tokenLifetimeSeconds: 'number',
};

/** Its opposite is what many systems store: `revoked`, `disabled`. */
const inverseOfEnabled = 'disabled';
const metadataPrefix = 'metadata.';

/** Names that a command can use for a target, for suggestions. */
export const targetNames: readonly string[] = [
  ...Object.keys(rowFields),
  inverseOfEnabled,
  `${metadataPrefix}NAME`,
];

/** Finds the target of a name: a field, `disabled`, or `metadata.NAME`. */
export function findTarget(name: string): RowTarget | null {
  if (name === inverseOfEnabled) {
    return { name, field: 'enabled', member: null, kind: 'inverted', mayBeEmpty: false };
  }
  if (name.startsWith(metadataPrefix) && name.length > metadataPrefix.length) {
    const member = name.slice(metadataPrefix.length);
    return { name, field: 'metadata', member, kind: 'text', mayBeEmpty: true };
  }
  const kind = Object.entries(rowFields).find(([field]) => field === name)?.[1];
  if (kind === undefined) return null;
  const mayBeEmpty = kind !== 'flag' && name !== 'scopes' && name !== 'environment';
  return { name, field: name, member: null, kind, mayBeEmpty };
}

/** Finds the field that a column is called after: `ownerId` or `owner_id`. */
export function findTargetOfColumn(column: string): RowTarget | null {
  const name = /^[a-z]+(?:_[a-z]+)+$/.test(column)
    ? column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
    : column;
  return Object.hasOwn(rowFields, name) ? findTarget(name) : null;
}
