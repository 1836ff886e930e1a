import type { IncomingMessage } from 'node:http';
import type { KeyFormat } from '../domain/key-format.js';
import type { Keyspaces } from '../domain/keyspaces.js';
import { redacted } from '../domain/secret-like.js';
import { decodeEscapes, decodeText, takeAsWritten, type Unescaped } from './decode-escapes.js';

/** Keeps keys out of the app's own logs. All of it is without I/O, and works before `ready()`. */
export interface Redaction {
  /**
   * Paths of request headers that hold keys, secrets and codes, as `pino` and `pino-http` take them. Those of
   * `credentialFrom` are among them, and those of all compatibility routers.
   *
   * @example
   * app.use(pinoHttp({ redact: apiKeys.redactPaths }));
   */
  readonly redactPaths: string[];
  /**
   * Replaces every key in a string, of all keyspaces, environments and `foreignFormats`, and every JWT, by its prefix and `[redacted]`. A
   * string without any is returned unchanged. Keys are found as they are and as URLs and JSON escape them. Values of parameters, of
   * members of JSON, of headers and of settings that are named as credentials (`client_secret`, `refresh_token`, `signature` …) are redacted, and the secret of
   * a key of two parts behind its id. Any other secret that was cut off from its key is not recognised.
   *
   * @example
   * morgan('combined', { stream: { write: (line) => process.stdout.write(apiKeys.redact(line)) } });
   */
  readonly redact: (text: string) => string;
  /**
   * The URL of a request with every key in it redacted, as a token of `morgan`.
   *
   * @example
   * morgan.token('url', apiKeys.redactedUrl);
   */
  readonly redactedUrl: (req: Pick<IncomingMessage, 'url'> & { readonly originalUrl?: string }) => string;
}

/** Headers of the compatibility routers and of step-up. */
const knownHeaders = ['authorization', 'x-api-key', 'x-api-secret', 'step-up-code', 'x-2fa-token'];

/** Access tokens, and all others in compact form (RFC 7515 section 7.1), whose header is a JSON object. */
const jwt = /(?<![\w-])eyJ[\w-]+\.[\w-]+\.[\w-]*/g;

/** Parameters, members of JSON, headers and settings whose values are credentials, in the native API and in all compatibility routers. */
const credentialNames = [
  '(?:client|api|consumer|key)[_-]?secret',
  'secret(?:[_-]?key)?',
  '(?:access|refresh|id|session|two[_-]?factor)[_-]?token',
  '(?:client[_-]?)?assertion',
  'signature|sig',
  'password|tfa(?:[_-]?code)?|totp',
].join('|');
const credentialName = `(?<![\\w-])(?:x-)?(?:${credentialNames})`;
/** What is redacted already. */
const notRedacted = `(?!(?:[\\w-]{1,40}_)?\\[redacted\\](?![^&\\s"'#;,<>\\\\]))`;
/** A parameter in a list or in another one: `refresh_token[]`, `tokens[refresh_token]`. */
const inBrackets = '\\]?(?:(?:\\[|%5B)[\\w-]{0,20}(?:\\]|%5D)){0,3}';
const named = `${credentialName}${inBrackets}`;
/** All quantifiers behind a name are bounded: they are tried at every character. */
const gap = '[ \\t]{0,8}';
const assigned = `${gap}(?:=>?|:)${gap}`;
/** What is no secret where a value has no quotes. */
const notPlain = '(?![{[(]|(?:null|true|false|undefined|none)(?![\\w-]))';
/** Behind a name without quotes, a quote may also end the string in which the name is the last word. */
const notEnded = `(?!$|[ \\t]{0,2}["']|,[ \\t]{0,2}["'{[]|[})\\]]{1,9}(?:[\\s,;"']|$))`;
/** `client_secret=…` in a URL or a form, `client_secret = …` and `client_secret: …` in settings, and `X-Api-Secret: …`. */
const namedParameter = new RegExp(
  `(?:(?<=${named}${gap}=>?${gap})|(?<=${named}['\`]?${gap}:${gap})${notPlain})${notRedacted}[^&\\s"'#;,<>\\\\]+`,
  'gi',
);
/** `"client_secret": "…"` in JSON, `client_secret: '…'` as Node.js shows objects, and `client_secret="…"` in logfmt and shells. */
const namedMembers = ['"', "'"].map(
  (quote) =>
    new RegExp(
      `(?<=${named}(?:["'\`]${assigned}${quote}|${assigned}${quote}${notEnded}))${notRedacted}(?:[^${quote}\\\\]|\\\\[^])+`,
      'gi',
    ),
);
/** `"secret": 123` in JSON. */
const namedNumber = new RegExp(
  `(?<=${named}"${gap}:${gap})${notPlain}${notRedacted}[^\\s"'{}[\\](),;\\\\]+`,
  'gi',
);

/** How often a string may have been escaped: a URL in a parameter of another one, in a line of JSON. */
const maxEscapings = 3;

/** What is taken out of a text, and what takes its place. */
interface Finder {
  readonly pattern: RegExp;
  readonly replace: (found: string) => string;
  /** Where decoding revealed it; `replace` if left out. */
  readonly replaceEscaped?: (found: string) => string;
}

/** A part of a text that is replaced. */
interface Replacement {
  readonly start: number;
  readonly end: number;
  readonly by: string;
}

/**
 * @param prefix - of native keys, whose environments, and refresh tokens, differ in what stands behind it
 * @param headers - where credentials are read, in lower case
 */
export function createRedaction(keyspaces: Keyspaces, prefix: string, headers: readonly string[]): Redaction {
  const native = new RegExp(`${prefix}_[0-9A-Za-z-]+_(?=[0-9A-Za-z]{65})[0-9A-Za-z]+`, 'g');
  const finders = new WeakMap<KeyFormat, readonly Finder[]>();
  const foreign = keyspaces.foreign
    .all()
    .map(({ pattern }): Finder => ({ pattern: createPattern(pattern), replace: () => redacted }));

  function getFinders(format: KeyFormat): readonly Finder[] {
    const known = finders.get(format);
    if (known !== undefined) return known;
    const whole = { pattern: createPattern(format.pattern), replace: () => format.head + redacted };
    const secret = createSecretPattern(format.pattern);
    const made = secret === null ? [whole] : [whole, { pattern: secret, replace: () => redacted }];
    finders.set(format, made);
    return made;
  }

  function listFinders(): readonly Finder[] {
    const own = keyspaces
      .all()
      .flatMap((keyspace) => keyspace.environments.flatMap((each) => getFinders(keyspace.formatFor(each))));
    return [
      { pattern: native, replace: (token) => readTokenHead(token) + redacted },
      { pattern: jwt, replace: () => redacted },
      ...own,
      ...foreign,
      { pattern: namedParameter, replace: () => redacted },
      ...namedMembers.map((pattern): Finder => ({ pattern, replace: () => redacted })),
      // A line of JSON remains one. In a string in it, quotes would end the string.
      { pattern: namedNumber, replace: () => `"${redacted}"`, replaceEscaped: () => redacted },
    ];
  }

  function redact(text: string): string {
    const all = listFinders();
    const asWritten = all.reduce((rest, { pattern, replace }) => rest.replace(pattern, replace), text);
    return redactEscaped(asWritten, all);
  }

  return {
    redactPaths: [...new Set([...headers, ...knownHeaders])].map((name) => `req.headers["${name}"]`),
    redact,
    redactedUrl: ({ originalUrl, url }) => redact(originalUrl ?? url ?? ''),
  };
}

/** Redacts what decoding reveals, `12%7C…` for example. Everything else stays as it was escaped. */
function redactEscaped(text: string, finders: readonly Finder[]): string {
  if (!isAnythingRevealed(text, finders)) return text;
  const replacements: Replacement[] = [];
  let decoded = decodeEscapes(takeAsWritten(text));
  for (let times = 0; decoded !== null && times < maxEscapings; times += 1) {
    for (const finder of finders) findReplacements(decoded, finder, replacements);
    decoded = decodeEscapes(decoded);
  }
  return replacements
    .sort((one, other) => other.start - one.start)
    .reduce((rest, { start, end, by }) => rest.slice(0, start) + by + rest.slice(end), text);
}

/** Whether there is anything to replace in what decoding reveals; for nearly all texts, this is all that is done. */
function isAnythingRevealed(text: string, finders: readonly Finder[]): boolean {
  let rest = text;
  for (let times = 0; times < maxEscapings && (rest.includes('%') || rest.includes('\\')); times += 1) {
    const decoded = decodeText(rest);
    if (decoded === rest) return false;
    if (finders.some(({ pattern }) => decoded.search(pattern) !== -1)) return true;
    rest = decoded;
  }
  return false;
}

/** @param found - is added to: what was found before takes precedence */
function findReplacements({ text, starts }: Unescaped, finder: Finder, found: Replacement[]): void {
  for (const { 0: match, index } of text.matchAll(finder.pattern)) {
    const [start = 0, end = 0] = [starts[index], starts[index + match.length]];
    if (found.some((each) => each.start < end && start < each.end)) continue;
    found.push({ start, end, by: (finder.replaceEscaped ?? finder.replace)(match) });
  }
}

/** Finds whole keys inside a text; what only looks like one is taken out as well. */
function createPattern({ source, flags }: RegExp): RegExp {
  const anywhere = source.replace(/^\^|\$$/g, '');
  return new RegExp(`(?<![0-9A-Za-z])${anywhere}(?![0-9A-Za-z])`, `g${flags}`);
}

/** Finds the secret of a key that has two parts, near its first part; `null` where a key is one string. */
function createSecretPattern({ source, flags }: RegExp): RegExp | null {
  const [clientId, secret, ...more] = source.replace(/^\^|\$$/g, '').split(':');
  if (clientId === undefined || secret === undefined || more.length > 0) return null;
  const between = '[^0-9A-Za-z_-]{1,8}(?:[A-Za-z_-]{1,20}[^0-9A-Za-z_-]{1,8})?';
  const behind = `(?<=(?<![0-9A-Za-z])${clientId}${between})`;
  return new RegExp(`${behind}${secret}(?![0-9A-Za-z_-])`, `g${flags}`);
}

function readTokenHead(token: string): string {
  return token.slice(0, token.lastIndexOf('_') + 1);
}
