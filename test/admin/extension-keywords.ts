import { createPublicKey } from 'node:crypto';
import { isIP, isIPv4, isIPv6 } from 'node:net';
import { extensionKeywords } from '../../lib/admin/fields/extension-keywords.js';
import type { ExtensionKeyword } from '../../lib/admin/fields/extension-keywords.js';

/** What a keyword is compared with. */
export interface KeywordContext {
  readonly now: () => number;
  /** Cursors that were handed out to the caller for the same list. */
  readonly issuedCursors: ReadonlySet<string>;
}

type Check = (argument: unknown, value: unknown, context: KeywordContext) => boolean;

/**
 * What the keywords of the document mean, written from their sentences in the document and from nothing else of the
 * package, so that tests can tell whether the sentences are true.
 */
export const keywordChecks: Readonly<Record<ExtensionKeyword, Check>> = {
  // Which fields are there is decided over the object; see `schemaFor`.
  'x-admins-only': () => true,
  'x-future': (_wanted, value, { now }) =>
    typeof value !== 'string' || Date.parse(value.toUpperCase()) > now(),
  'x-before-year': (year, value) =>
    typeof value !== 'string' || new Date(value.toUpperCase()).getUTCFullYear() < Number(year),
  'x-network': (_wanted, value) => typeof value !== 'string' || isNetwork(value),
  'x-max-bytes': (most, value) => new TextEncoder().encode(JSON.stringify(value)).length <= Number(most),
  'x-max-depth': (most, value) => depthOf(value) <= Number(most),
  'x-max-list-length': (most, value) =>
    everyValue(value, (each) => !Array.isArray(each) || each.length <= Number(most)),
  'x-max-members': (most, value) => everyValue(value, (each) => namesIn(each).length <= Number(most)),
  'x-forbidden-names': (names, value) =>
    everyValue(value, (each) => namesIn(each).every((name) => !(names as string[]).includes(name))),
  'x-storable-texts': (_wanted, value) =>
    everyValue(value, (each) =>
      [...namesIn(each), ...(typeof each === 'string' ? [each] : [])].every(
        (text) => !text.includes('\u0000') && Buffer.from(text).toString() === text,
      ),
    ),
  'x-finite-numbers': (_wanted, value) =>
    everyValue(value, (each) => typeof each !== 'number' || Math.abs(each) <= Number.MAX_VALUE),
  'x-unique-by': (member, value) => {
    if (!Array.isArray(value)) return true;
    // What is no object is refused by other keywords.
    if (value.some((each: unknown) => typeof each !== 'object')) return true;
    const seen = value.map((each: unknown) =>
      JSON.stringify((each as Record<string, unknown> | null)?.[String(member)]),
    );
    return new Set(seen).size === seen.length;
  },
  'x-public-key': (_wanted, value) => typeof value !== 'string' || isPublicKey(value),
  // Belongs to operations; the tests of queries look at it themselves.
  'x-max-query-length': () => true,
  'x-webhook-url': (_wanted, value) => typeof value !== 'string' || isWebhookUrl(value),
  'x-issued-cursor': (_wanted, value, { issuedCursors }) => issuedCursors.has(String(value)),
};

/** Every keyword that the document explains. */
export const explained: readonly string[] = Object.keys(extensionKeywords);

/** The tests make up one address that is public. */
function isWebhookUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { username, password, hash, hostname } = new URL(text);
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  return username + password + hash === '' && (isIP(address) === 0 || address === '8.8.8.8');
}

/** The tests make up one key and texts that are none. */
function isPublicKey(text: string): boolean {
  try {
    const key = createPublicKey(text);
    return (
      text.startsWith('-----BEGIN PUBLIC KEY-----') &&
      ['ed25519', 'rsa'].includes(String(key.asymmetricKeyType))
    );
  } catch {
    return false;
  }
}

function namesIn(value: unknown): string[] {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? Object.keys(value) : [];
}

function everyValue(value: unknown, holds: (each: unknown) => boolean): boolean {
  if (!holds(value)) return false;
  if (typeof value !== 'object' || value === null) return true;
  return Object.values(value).every((each) => everyValue(each, holds));
}

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

/** An address, or a network without host bits, as the sentence in the document has it. */
function isNetwork(text: string): boolean {
  const slash = text.indexOf('/');
  const host = slash === -1 ? text : text.slice(0, slash);
  if (!isIPv4(host) && (!isIPv6(host) || host.includes('%'))) return false;
  if (slash === -1) return true;
  const prefix = text.slice(slash + 1);
  if (!/^(0|[1-9][0-9]*)$/.test(prefix)) return false;
  const bits = isIPv4(host) ? bitsOfIpv4(host) : bitsOfIpv6(host);
  const isMapped = bits.length === 128 && /^0{80}1{16}/.test(bits);
  const length = Number(prefix);
  return length >= (isMapped ? 97 : 1) && length <= bits.length && !bits.slice(length).includes('1');
}

function bitsOfIpv4(address: string): string {
  return address
    .split('.')
    .map((part) => Number(part).toString(2).padStart(8, '0'))
    .join('');
}

function bitsOfIpv6(address: string): string {
  const dotted = /(\d+\.\d+\.\d+\.\d+)$/.exec(address)?.[1];
  const tail = dotted === undefined ? '' : bitsOfIpv4(dotted);
  const groups = dotted === undefined ? address : address.slice(0, -dotted.length);
  const [left = '', right] = groups.split('::');
  const bitsOf = (part: string): string =>
    part
      .split(':')
      .filter((group) => group !== '')
      .map((group) => parseInt(group, 16).toString(2).padStart(16, '0'))
      .join('');
  const head = bitsOf(left);
  const end = bitsOf(right ?? '') + tail;
  return head + '0'.repeat(128 - head.length - end.length) + end;
}
