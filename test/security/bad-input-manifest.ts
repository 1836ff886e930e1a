/** The blocks of bad input: headers, addresses, URL and query, JSON bodies, signed requests, cross-site requests. */
export type BadInputBlock = 'H' | 'A' | 'Q' | 'B' | 'S' | 'C' | 'O';

/** What has to happen for every concrete case of a class. */
export interface Expectation {
  /** Statuses that are right; 0 is a connection that is closed without an answer. */
  readonly status: readonly number[];
  /** The `code` of our own refusals. Answers of Node's parser have none. */
  readonly code?: string;
  /** The `error` of an answer of a token endpoint. */
  readonly error?: string;
  /** Nothing may be read from the store: what is no key is refused without I/O. */
  readonly storeReads?: 0;
}

/** One class of bad input. Its cases are in `bad-input-*.test.ts`; a class without cases fails the run. */
export interface BadInputClass {
  readonly id: `${BadInputBlock}${number}`;
  readonly what: string;
  readonly expected: Expectation;
  /** What was chosen where more than one answer would have been right, or where a feature does not exist yet. */
  readonly note?: string;
}

const invalidToken: Expectation = { status: [401], code: 'invalid_token', storeReads: 0 };
const noCredential: Expectation = { status: [401], code: 'missing_credential', storeReads: 0 };
const ambiguous: Expectation = { status: [400], code: 'invalid_request', storeReads: 0 };
const nodeRefuses: Expectation = { status: [400], storeReads: 0 };
const letIn: Expectation = { status: [200] };
const addressRefused: Expectation = { status: [403], code: 'address_not_allowed' };
const badRequest: Expectation = { status: [400], code: 'invalid_request' };
const badType: Expectation = { status: [415], code: 'unsupported_media_type' };
const tooLarge: Expectation = { status: [413], code: 'payload_too_large' };
const badSignature: Expectation = { status: [401], code: 'invalid_signature' };
const tokenRequest: Expectation = { status: [400], error: 'invalid_request' };
const wrongClient: Expectation = { status: [401], error: 'invalid_client' };
const crossSite: Expectation = { status: [403], code: 'cross_site_request' };

/** Every class that has to run. */
export const badInputs: readonly BadInputClass[] = [
  { id: 'H1', what: 'no credential', expected: noCredential },
  { id: 'H2', what: 'an empty Authorization header', expected: noCredential },
  { id: 'H3', what: 'the scheme Bearer alone', expected: noCredential },
  { id: 'H4', what: 'two spaces behind Bearer', expected: letIn, note: 'RFC 6750 section 2.1 has 1*SP' },
  { id: 'H5', what: 'a tab and spaces behind Bearer', expected: invalidToken },
  { id: 'H6', what: 'the scheme in lower case, with a valid key', expected: letIn, note: 'RFC 9110 11.1' },
  { id: 'H7', what: 'the scheme in upper case, with a valid key', expected: letIn },
  { id: 'H8', what: 'Basic with the key as user', expected: noCredential, note: 'Basic is not read' },
  { id: 'H9', what: 'Basic that is not base64, has no colon or no user', expected: noCredential },
  { id: 'H10', what: 'the schemes Digest, Negotiate and Token', expected: noCredential },
  { id: 'H11', what: 'two credentials in one Authorization line', expected: ambiguous },
  { id: 'H12', what: 'two Authorization lines', expected: ambiguous },
  { id: 'H13', what: 'two X-Api-Key lines, the first valid', expected: ambiguous },
  { id: 'H14', what: 'two X-Api-Key lines, the second valid', expected: ambiguous },
  { id: 'H15', what: 'X-Api-Key and Authorization with different credentials', expected: ambiguous },
  { id: 'H16', what: 'X-Api-Key and Authorization with the same credential', expected: ambiguous },
  { id: 'H17', what: 'the alias X_Api_Key', expected: noCredential },
  { id: 'H18', what: 'X-API-KEY in capitals, with a valid key', expected: letIn },
  { id: 'H19', what: 'a space between header name and colon', expected: nodeRefuses },
  { id: 'H20', what: 'a NUL behind the key', expected: nodeRefuses },
  { id: 'H21', what: 'a bare CR in the key', expected: nodeRefuses },
  { id: 'H22', what: 'a bare LF and an injected header', expected: nodeRefuses },
  { id: 'H23', what: 'a header folded over two lines', expected: nodeRefuses },
  { id: 'H24', what: 'the byte 0xFF in the key', expected: invalidToken },
  { id: 'H25', what: 'an emoji in UTF-8 in the key', expected: invalidToken },
  { id: 'H26', what: 'a Cyrillic letter that looks like a Latin one', expected: invalidToken },
  { id: 'H27', what: 'full-width digits', expected: invalidToken },
  { id: 'H28', what: 'a zero-width space in the key', expected: invalidToken },
  { id: 'H29', what: 'quotes around the key', expected: invalidToken },
  { id: 'H30', what: 'the key percent-encoded', expected: invalidToken },
  { id: 'H31', what: 'the key in base64', expected: invalidToken },
  { id: 'H32', what: 'a key of another environment', expected: { status: [401], code: 'invalid_token' } },
  { id: 'H33', what: 'a right prefix and a wrong checksum', expected: invalidToken },
  { id: 'H34', what: 'a key without its last character', expected: invalidToken },
  { id: 'H35', what: 'a key with one more character', expected: invalidToken },
  { id: 'H36', what: 'a header of 15 KB', expected: invalidToken },
  {
    id: 'H37',
    what: 'a header of 20 KB',
    expected: { status: [431], storeReads: 0 },
    note: "Node's own limit",
  },
  {
    id: 'H38',
    what: '1,000 filler lines in front of the forwarded address',
    expected: { status: [431], code: 'too_many_headers', storeReads: 0 },
    note: 'Node drops lines beyond about 1,000 without saying so',
  },
  {
    id: 'H39',
    what: '1,100 filler lines in front of the key',
    expected: { status: [431], code: 'too_many_headers', storeReads: 0 },
  },
  { id: 'H40', what: 'SQL text as key', expected: invalidToken },
  { id: 'H41', what: 'names of Object.prototype as key', expected: invalidToken },
  {
    id: 'H42',
    what: 'a JNDI lookup and terminal escapes as key or User-Agent',
    expected: { status: [400, 401], storeReads: 0 },
    note: 'Node refuses the bare escape character itself',
  },
  {
    id: 'H43',
    what: 'Connection names the credential header',
    expected: letIn,
    note: 'as without: the header is not taken away from the request',
  },
  { id: 'H44', what: 'User-Agents of health checks', expected: noCredential },

  { id: 'A1', what: 'an allowed X-Forwarded-For, no proxy trusted', expected: addressRefused },
  { id: 'A2', what: 'a chain "allowed, attacker", one proxy trusted', expected: addressRefused },
  { id: 'A3', what: 'an IPv4-mapped address', expected: letIn, note: 'it is the IPv4 address that it maps' },
  { id: 'A4', what: 'an IPv4-mapped address in capitals and hexadecimal', expected: letIn },
  { id: 'A5', what: 'an IPv4-compatible address (::10.1.2.3)', expected: addressRefused },
  { id: 'A6', what: 'a NAT64 address', expected: addressRefused },
  { id: 'A7', what: 'leading zeros', expected: addressRefused },
  { id: 'A8', what: 'hexadecimal and decimal spellings of IPv4', expected: addressRefused },
  {
    id: 'A9',
    what: 'an address with a port or in brackets',
    expected: letIn,
    note: 'Azure and IIS write it so',
  },
  { id: 'A10', what: 'an address with a zone', expected: addressRefused },
  { id: 'A11', what: 'words, nothing and a comma in place of an address', expected: addressRefused },
  {
    id: 'A12',
    what: 'Forwarded beside X-Forwarded-For',
    expected: { status: [200, 403] },
    note: 'Forwarded is never read: X-Forwarded-For decides, whatever Forwarded says',
  },
  { id: 'A13', what: 'X-Real-IP, CF-Connecting-IP and True-Client-IP', expected: addressRefused },
  { id: 'A14', what: 'networks that allow all, are too long or have host bits', expected: badRequest },

  { id: 'Q1', what: 'the key as ?api_key=', expected: noCredential },
  { id: 'Q2', what: 'the key as ?access_token=', expected: noCredential },
  { id: 'Q3', what: 'the key in the path', expected: { status: [401, 404], storeReads: 0 } },
  { id: 'Q4', what: 'limits that are no number from 1 to 100', expected: badRequest },
  { id: 'Q5', what: 'a parameter twice', expected: badRequest },
  { id: 'Q6', what: 'a parameter in the shape of a list or an object', expected: badRequest },
  { id: 'Q7', what: '__proto__ and constructor as parameters', expected: badRequest },
  { id: 'Q8', what: 'cursors that were not made for this list', expected: badRequest },
  { id: 'Q9', what: 'sorting', expected: badRequest, note: 'there is none' },
  {
    id: 'Q10',
    what: '10,000 parameters',
    expected: { status: [400, 431] },
    note: "431 is Node's own answer at its default limit; 400 is ours where the server allows more",
  },
  { id: 'Q11', what: 'NUL and malformed percent-encoding', expected: badRequest },
  {
    id: 'Q12',
    what: 'other spellings of a path',
    expected: { status: [401, 404] },
    note: 'routed paths are guarded, all others do not exist',
  },
  {
    id: 'Q13',
    what: 'an absolute-form target with another host',
    expected: { status: [401] },
    note: 'the guard decides as for the path alone',
  },
  {
    id: 'Q14',
    what: 'two Host lines',
    expected: { status: [400] },
  },
  {
    id: 'Q15',
    what: 'a method in a header',
    expected: { status: [200, 405] },
    note: 'ignored: the method of the request line counts, and nothing is changed',
  },
  {
    id: 'Q16',
    what: 'TRACE, CONNECT, PROPFIND and a method in lower case',
    expected: { status: [0, 400, 401, 404, 405] },
    note: 'admin router 405; Node refuses lower case (400) and closes the connection for CONNECT (0)',
  },

  { id: 'B1', what: 'an empty body', expected: badRequest },
  { id: 'B2', what: 'a root that is no object', expected: badRequest },
  { id: 'B3', what: 'truncated JSON', expected: badRequest },
  { id: 'B4', what: 'trailing commas, NaN and comments', expected: badRequest },
  { id: 'B5', what: 'a member twice', expected: badRequest },
  { id: 'B6', what: 'JSON as text/plain', expected: badType },
  { id: 'B7', what: 'JSON without a content type', expected: badType },
  { id: 'B8', what: 'JSON in another charset', expected: badType },
  {
    id: 'B9',
    what: 'a byte order mark',
    expected: { status: [201] },
    note: 'skipped at the beginning, as RFC 8259 8.1 permits',
  },
  { id: 'B10', what: 'gzip with wrong bytes', expected: badRequest },
  { id: 'B11', what: 'a gzip bomb of 1000:1', expected: tooLarge },
  { id: 'B12', what: 'more than 100 KB', expected: tooLarge },
  { id: 'B13', what: 'a depth of 20,000', expected: badRequest },
  { id: 'B14', what: 'a list of 100,000 elements', expected: { status: [400, 413] } },
  { id: 'B15', what: '__proto__ as a member', expected: badRequest },
  { id: 'B16', what: 'constructor.prototype as a member', expected: badRequest },
  { id: 'B17', what: 'an unknown field', expected: badRequest },
  { id: 'B18', what: 'userId, ownerId and tenantId of somebody else', expected: badRequest },
  { id: 'B19', what: 'fields that only the server writes', expected: badRequest },
  {
    id: 'B20',
    what: 'scopes that are none',
    expected: { status: [400, 403] },
    note: '403 for a wildcard, which only admins grant',
  },
  { id: 'B21', what: '1,000 scopes', expected: badRequest },
  {
    id: 'B22',
    what: 'names that are blank, too long, misleading or look like code',
    expected: { status: [400, 201] },
    note: 'markup and formulas are ordinary text: stored and returned as JSON, byte for byte',
  },
  { id: 'B23', what: 'times that are past, impossible or in another notation', expected: badRequest },
  { id: 'B24', what: 'remaining', expected: badRequest, note: 'no such feature yet: an unknown field' },
  { id: 'B25', what: 'rateLimit', expected: badRequest, note: 'no such feature yet: an unknown field' },
  { id: 'B26', what: 'metadata that is too large, too deep or holds NUL', expected: { status: [400, 413] } },
  {
    id: 'B27',
    what: 'an allowlist that is null, empty or missing',
    expected: { status: [201, 400] },
    note: 'null and missing mean any address; an empty list is refused',
  },
  { id: 'B28', what: 'PATCH {}', expected: badRequest },
  { id: 'B29', what: 'enabling a revoked key', expected: { status: [409], code: 'conflict' } },
  {
    id: 'B30',
    what: 'If-Match that is wrong, malformed or missing',
    expected: { status: [412, 400, 200] },
    note: 'wrong 412, malformed 400, missing is allowed',
  },
  { id: 'B31', what: 'a lone surrogate in metadata', expected: badRequest },
  { id: 'B32', what: 'publicKey', expected: { status: [400], code: 'invalid_public_key' } },
  { id: 'B33', what: 'a form to a JSON route', expected: badType },
  {
    id: 'B34',
    what: 'a bulk request of 10,001 items',
    expected: { status: [400, 405, 413] },
    note: 'no such feature yet: no list as root, no path for it',
  },

  { id: 'S1', what: 'Signature without Signature-Input, and the reverse', expected: { status: [401] } },
  { id: 'S2', what: 'a signature that covers nothing', expected: badSignature },
  { id: 'S3', what: 'no created', expected: badSignature },
  { id: 'S4', what: 'created that is no whole number, or in the future', expected: badSignature },
  { id: 'S5', what: 'expires before created, or over', expected: badSignature },
  { id: 'S6', what: "no keyid, an unknown one, or another owner's", expected: badSignature },
  { id: 'S7', what: 'another algorithm, and the public key as a shared secret', expected: badSignature },
  {
    id: 'S8',
    what: 'no tag, or another one',
    expected: { status: [401], code: 'signature_required' },
    note: "not ours: somebody else's signatures are passed over",
  },
  {
    id: 'S9',
    what: 'a nonce that is missing, short, used, or used in another spelling',
    expected: { status: [200, 401] },
    note: "200 for its first use, and for another key's",
  },
  { id: 'S10', what: 'a body that was swapped, with its digest kept', expected: badSignature },
  { id: 'S11', what: 'a digest that was changed, with the signature kept', expected: badSignature },
  { id: 'S12', what: 'digests of md5 and sha only', expected: badSignature },
  { id: 'S13', what: 'two digests, one of them wrong', expected: badSignature },
  {
    id: 'S14',
    what: 'a digest of a body that is not there, and a body without digest',
    expected: badSignature,
  },
  {
    id: 'S15',
    what: 'an encoded body with the digest of the decoded one',
    expected: { status: [401, 415] },
    note: '415 where a parser has kept the decoded body only',
  },
  { id: 'S16', what: 'a query that was extended, reordered or repeated', expected: badSignature },
  { id: 'S17', what: 'a path in other case or encoding', expected: badSignature },
  {
    id: 'S18',
    what: 'another method, or one in a header',
    expected: { status: [200, 401] },
    note: 'the header is ignored',
  },
  { id: 'S19', what: 'another Host, two, or a target with one', expected: { status: [400, 401] } },
  {
    id: 'S20',
    what: "labels that are double or have no signature, and an attacker's own valid signature beside",
    expected: { status: [400, 401] },
  },
  { id: 'S21', what: 'components that no request has', expected: { status: [400, 401] } },
  {
    id: 'S22',
    what: 'a covered header that is sent twice, reordered or folded',
    expected: { status: [400, 401] },
  },
  {
    id: 'S23',
    what: 'malformed structured fields',
    expected: { status: [400, 431] },
    note: "431 is Node's own answer at its default limit",
  },
  { id: 'S24', what: 'every bit of a signature flipped, and other lengths', expected: badSignature },

  { id: 'C1', what: 'a form of another site', expected: { status: [403, 415] } },
  { id: 'C2', what: 'JSON as text/plain', expected: badType },
  { id: 'C3', what: 'fetch with mode no-cors', expected: crossSite },
  { id: 'C4', what: 'Sec-Fetch-Site cross-site and same-site', expected: crossSite },
  { id: 'C5', what: 'a cookie and nothing that says where the request comes from', expected: crossSite },
  { id: 'C6', what: 'Origin: null', expected: crossSite },
  { id: 'C7', what: 'origins that begin, end or look like ours', expected: crossSite },
  { id: 'C8', what: 'a CORS preflight with credentials', expected: { status: [204] } },
  {
    id: 'C9',
    what: "an old CSRF token, or another session's",
    expected: crossSite,
    note: 'there are no tokens: a token of any kind makes no cross-site request acceptable',
  },
  {
    id: 'C10',
    what: 'a WebSocket upgrade to the console',
    expected: { status: [404] },
    note: 'no such feature yet: nothing is upgraded, the path does not exist',
  },
  { id: 'O1', what: 'GET and other methods at the token endpoints', expected: { status: [405] } },
  { id: 'O2', what: 'JSON, text and no type at all in place of a form', expected: tokenRequest },
  {
    id: 'O3',
    what: 'grant_type twice, missing, or one that is not served',
    expected: { status: [400] },
    note: 'also refresh_token: the endpoint gives none',
  },
  { id: 'O4', what: 'two ways to authenticate at once', expected: tokenRequest },
  { id: 'O5', what: 'a client_id that is not the one in the header', expected: tokenRequest },
  { id: 'O6', what: 'Basic that is broken, or with a wrong or empty secret', expected: wrongClient },
  {
    id: 'O7',
    what: 'scopes that are too much, or not written as scopes are',
    expected: { status: [400], error: 'invalid_scope' },
    note: 'a scope without a value counts as left out, as RFC 6749 section 3.2 demands',
  },
  {
    id: 'O8',
    what: 'an assertion without a signature, or signed with the public key',
    expected: wrongClient,
  },
  {
    id: 'O9',
    what: 'an assertion without exp, jti or aud, or with an exp that is no time',
    expected: wrongClient,
  },
  { id: 'O10', what: 'an assertion for somebody else, or for us and somebody else', expected: wrongClient },
  {
    id: 'O11',
    what: 'one assertion fifty times at once',
    expected: { status: [200, 401] },
    note: 'exactly one is taken',
  },
  { id: 'O12', what: 'an assertion whose header names or brings a key', expected: wrongClient },
  { id: 'O13', what: 'tokens that are no JWS, and one of a megabyte', expected: { status: [200, 401, 413] } },
  {
    id: 'O14',
    what: "somebody else's token, and nobody who asks",
    expected: { status: [200, 401] },
  },
];

/** How many classes each block has. */
export const classesPerBlock: Readonly<Record<BadInputBlock, number>> = {
  H: 44,
  A: 14,
  Q: 16,
  B: 34,
  S: 24,
  O: 14,
  C: 10,
};

/** The classes of one block. */
export function classesOf(block: BadInputBlock): readonly BadInputClass[] {
  return badInputs.filter(({ id }) => id.startsWith(block));
}
