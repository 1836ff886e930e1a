import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { BadSettingError } from './bad-setting-error.js';
import { errorCode } from './error-code.js';
import { makeRandomText, readOrMakeSecret } from './secret-file.js';
import { parsePublicUrl, parseServerUrl, requireHttps } from './url-settings.js';

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
  /** Whether a second factor is asked for before a key is rotated. */
  readonly demoStepUp: boolean;
}

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
  const databaseUrl = parseServerUrl('DATABASE_URL', read('DATABASE_URL'), ['postgres:', 'postgresql:']);
  const demoPassword = parseDemoPassword(read('DEMO_PASSWORD'));
  const publicUrl = parsePublicUrl(read('PUBLIC_URL')) ?? urlOf(isWildcard(host) ? '127.0.0.1' : host, port);
  if (databaseUrl === undefined) prepareDataDir(dataDir);
  return {
    port,
    host,
    publicUrl: requireHttps(publicUrl, environment['NODE_ENV']),
    redisUrl: parseServerUrl('REDIS_URL', read('REDIS_URL'), ['redis:', 'rediss:']),
    database: databaseUrl ?? `file:${join(dataDir, 'api-keys.db')}`,
    pepper: readPepper(read('API_KEYS_PEPPER'), databaseUrl !== undefined, dataDir),
    demoPassword: demoPassword ?? makeRandomText(12),
    demoPasswordIsRandom: demoPassword === undefined,
    demoStepUp: parseSwitch('DEMO_STEP_UP', read('DEMO_STEP_UP')),
  };
}

/** The address of a host and a port; an IPv6 address stands in brackets. */
export function urlOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** A service that listens on all addresses is reached on the local one. */
function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** Makes the folder when it is not there, and finds out now whether files can be made in it. */
function prepareDataDir(dataDir: string): void {
  orSayWhatToSet(dataDir, () => {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.W_OK | constants.X_OK);
  });
}

function orSayWhatToSet<T>(path: string, use: () => T): T {
  try {
    return use();
  } catch (error) {
    throw new BadSettingError(
      `DATA_DIR cannot be used (${errorCode(error)} at ${path}); set it to a folder this user may write to`,
    );
  }
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : NaN;
  if (port >= 1 && port <= 65535) return port;
  throw new BadSettingError(`PORT is ${JSON.stringify(text)}; write a port from 1 to 65535, as in PORT=3000`);
}

function parseSwitch(name: string, text: string | undefined): boolean {
  if (text === undefined || text === '0') return false;
  if (text === '1') return true;
  throw new BadSettingError(`${name} is ${JSON.stringify(text)}; write 1 for on, or leave it out`);
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
  if (text === undefined && !sharesDatabase) return readKeptPepper(join(dataDir, 'pepper'));
  if (text !== undefined && isLongEnough(text)) return text;
  const problem = text === undefined ? 'is needed with DATABASE_URL' : 'has fewer than 32 bytes';
  throw new BadSettingError(
    `API_KEYS_PEPPER ${problem}. Make one with\n  ${pepperCommand}\n` +
      'and set the same value at every start and in every process.',
  );
}

function readKeptPepper(file: string): string {
  const pepper = orSayWhatToSet(file, () => readOrMakeSecret(file));
  if (isLongEnough(pepper)) return pepper;
  throw new BadSettingError(
    `The pepper in ${file} has fewer than 32 bytes. Restore the file from a backup, or remove it: then a new pepper is ` +
      'made, and keys go on working.',
  );
}

function isLongEnough(pepper: string): boolean {
  return Buffer.byteLength(pepper) >= 32;
}
