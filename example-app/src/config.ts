import { join } from 'node:path';
import { makeRandomText, readOrMakeSecret } from './secret-file.js';

/** Everything that can be set from outside, read once at start. */
export interface Settings {
  readonly port: number;
  readonly host: string;
  /** Where callers reach this service; shown at start. */
  readonly publicUrl: string;
  /** A PostgreSQL URL, or `file:` and the path of an SQLite file. */
  readonly database: string;
  readonly redisUrl: string | undefined;
  readonly pepper: string;
  /** The password of every demo user. */
  readonly demoPassword: string;
  /** Whether nobody chose the password, so that it has to be shown. */
  readonly demoPasswordIsRandom: boolean;
}

/** A setting that cannot be used; the message says what to write instead. */
export class BadSettingError extends Error {}

/** Makes a pepper. */
const pepperCommand = `node -e "console.log(require('node:crypto').randomBytes(32).toString('base64url'))"`;

/**
 * Reads the environment.
 *
 * @param defaultDataDir - where the SQLite file and the secrets are kept when `DATA_DIR` is not set
 * @throws BadSettingError naming the variable and what to write
 */
export function readSettings(environment: NodeJS.ProcessEnv, defaultDataDir: string): Settings {
  const read = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const dataDir = read('DATA_DIR') ?? defaultDataDir;
  const host = read('HOST') ?? '127.0.0.1';
  const port = parsePort(read('PORT') ?? '3000');
  const databaseUrl = parseUrl('DATABASE_URL', read('DATABASE_URL'), ['postgres:', 'postgresql:']);
  const demoPassword = parseDemoPassword(read('DEMO_PASSWORD'));
  return {
    port,
    host,
    publicUrl:
      parseUrl('PUBLIC_URL', read('PUBLIC_URL'), ['http:', 'https:'])?.replace(/\/$/, '') ??
      urlOf(host, port),
    redisUrl: parseUrl('REDIS_URL', read('REDIS_URL'), ['redis:', 'rediss:']),
    database: databaseUrl ?? `file:${join(dataDir, 'api-keys.db')}`,
    pepper: readPepper(read('API_KEYS_PEPPER'), databaseUrl !== undefined, dataDir),
    demoPassword: demoPassword ?? makeRandomText(12),
    demoPasswordIsRandom: demoPassword === undefined,
  };
}

/** The address to call; a service that listens on all interfaces is reached on the local one. */
function urlOf(host: string, port: number): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (port >= 1 && port <= 65535) return port;
  throw new BadSettingError(`PORT is ${JSON.stringify(text)}; write a port from 1 to 65535, as in PORT=3000`);
}

/** The value may hold a password, so no message repeats it. */
function parseUrl(name: string, text: string | undefined, protocols: readonly string[]): string | undefined {
  if (text === undefined) return undefined;
  if (URL.canParse(text) && protocols.includes(new URL(text).protocol)) return text;
  throw new BadSettingError(`${name} is not a URL that begins with ${protocols[0]}//`);
}

function parseDemoPassword(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  // bcrypt looks at 72 bytes; quotes and backslashes would need escaping in the curl lines that are shown.
  if (/^[\x21-\x7e]{1,72}$/.test(text) && !/["'\\]/.test(text)) return text;
  throw new BadSettingError(
    'DEMO_PASSWORD cannot be used; write 1 to 72 ASCII characters without spaces, quotes and backslashes',
  );
}

/** Beside a shared database the pepper must be the same for every process, so it cannot be made here. */
function readPepper(text: string | undefined, sharesDatabase: boolean, dataDir: string): string {
  if (text === undefined && !sharesDatabase) return readOrMakeSecret(join(dataDir, 'pepper'));
  if (text !== undefined && Buffer.byteLength(text) >= 32) return text;
  const problem = text === undefined ? 'is needed with DATABASE_URL' : 'has fewer than 32 bytes';
  throw new BadSettingError(
    `API_KEYS_PEPPER ${problem}. Make one with\n  ${pepperCommand}\n` +
      'and set the same value at every start and in every process.',
  );
}
