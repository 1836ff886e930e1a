/** An extension keyword of this package in a schema or an operation. */
export type ExtensionKeyword =
  | 'x-admins-only'
  | 'x-future'
  | 'x-before-year'
  | 'x-network'
  | 'x-max-bytes'
  | 'x-max-depth'
  | 'x-max-list-length'
  | 'x-max-members'
  | 'x-forbidden-names'
  | 'x-storable-texts'
  | 'x-finite-numbers'
  | 'x-unique-by'
  | 'x-public-key'
  | 'x-webhook-url'
  | 'x-issued-cursor'
  | 'x-max-query-length';

/**
 * The keywords for rules that JSON Schema cannot express. Without them, a schema accepts more than the router does; with
 * them, exactly as much. They are listed in the document itself, so that its readers need no other source.
 */
export const extensionKeywords: Readonly<Record<ExtensionKeyword, string>> = {
  'x-admins-only': 'true: admins must send this field, and no other caller may.',
  'x-future': 'true: the time must be after the time at which the request is answered.',
  'x-before-year': 'The time, in UTC, must be before the beginning of this year.',
  'x-network':
    'true: an IPv4 or IPv6 address without zone, or a network in CIDR notation with a prefix length of 1 or more ' +
    '(of an IPv4-mapped IPv6 network: 97 or more), in plain decimal and without bits set after its prefix.',
  'x-max-bytes': 'The value, written as JSON without spaces, has at most this many bytes in UTF-8.',
  'x-max-depth': 'Lists and objects are nested at most this deep; the value itself is level 1.',
  'x-max-list-length': 'No list in the value, at any depth, has more elements.',
  'x-max-members': 'No object in the value, at any depth, has more members.',
  'x-forbidden-names': 'No object in the value, at any depth, has a member with one of these names.',
  'x-storable-texts': 'true: no string and no name in the value contains NUL or an unpaired surrogate.',
  'x-finite-numbers': 'true: no number in the value is too large for IEEE 754 double precision.',
  'x-unique-by': 'No two elements of the list have the same value in this member.',
  'x-public-key':
    'true: one PEM block PUBLIC KEY with an Ed25519 key of full order, or an RSA key of 2048 to 8192 bits with an odd ' +
    'exponent of 65537 or more and an odd modulus; lines end with LF, CRLF, a space, or \\n written out.',
  'x-webhook-url':
    'true: a URL (WHATWG) without user name, password and fragment; a host that is an address is a public one. Apps may allow ' +
    'http:// and other addresses.',
  'x-issued-cursor': 'true: the nextCursor of a page of the same list, with the same filter and caller.',
  'x-max-query-length': 'The query of the operation has at most this many characters, as sent.',
};
