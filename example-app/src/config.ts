import { accessSync, constants, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { BadSettingError } from './bad-setting-error.js';
import { getErrorCode } from './get-error-code.js';
import { makeRandomString, readOrMakeSecret } from './secret-file.js';
import { parsePublicUrl, parseServerUrl, requireHttps } from './url-settings.js';

/** All settings of the service, read once at startup. */
export interface Settings {
  readonly port: number;
  readonly host: string;
  /** The URL at which callers reach this service; printed at startup. */
  readonly publicUrl: string;
  /** A PostgreSQL URL, or `file:` and the path of an SQLite file. */
  readonly database: string;
  readonly redisUrl: string | undefined;
  readonly pepper: string;
  /** The password of every demo user. */
  readonly demoPassword: string;
  /** Whether the password was generated and must therefore be printed. */
  readonly demoPasswordIsRandom: boolean;
  /** Whether rotating a key requires a second factor. */
  readonly demoStepUp: boolean;
  /** With this token Prometheus reads `/metrics`; `undefined`: there is no such path. */
  readonly metricsToken: string | undefined;
}

/** The command that creates a pepper. */
const pepperCommand = `node -e "console.log(require('node:crypto').randomBytes(32).toString('base64url'))"`;

/**
 * Reads the settings from environment variables.
 *
 * @param defaultDataDir - the folder of the SQLite file and the secrets when `DATA_DIR` is not set
 * @throws BadSettingError naming the variable and what to write
 */
export function readSettings(environment: NodeJS.ProcessEnv, defaultDataDir: string): Settings {
  const read = (name: string): string | undefined => environment[name]?.trim() || undefined;
  const dataDir = read('DATA_DIR') ?? defaultDataDir;
  const host = read('HOST') ?? '127.0.0.1';
  const port = parsePort(read('PORT') ?? '3000');
  const databaseUrl = parseServerUrl('DATABASE_URL', read('DATABASE_URL'), ['postgres:', 'postgresql:']);
  const demoPassword = parseDemoPassword(read('DEMO_PASSWORD'));
  const publicUrl =
    parsePublicUrl(read('PUBLIC_URL')) ?? formatUrl(isWildcard(host) ? '127.0.0.1' : host, port);
  if (databaseUrl === undefined) prepareDataDir(dataDir);
  return {
    port,
    host,
    publicUrl: requireHttps(publicUrl, environment['NODE_ENV']),
    redisUrl: parseServerUrl('REDIS_URL', read('REDIS_URL'), ['redis:', 'rediss:']),
    database: databaseUrl ?? `file:${join(dataDir, 'api-keys.db')}`,
    pepper: readPepper(read('API_KEYS_PEPPER'), databaseUrl !== undefined, dataDir),
    demoPassword: demoPassword ?? makeRandomString(12),
    demoPasswordIsRandom: demoPassword === undefined,
    demoStepUp: parseSwitch('DEMO_STEP_UP', read('DEMO_STEP_UP')),
    metricsToken: parseMetricsToken(read('METRICS_TOKEN')),
  };
}

/** Formats the URL of a host and a port; an IPv6 address is put in brackets. */
export function formatUrl(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Whether a host means all addresses; such a service is reached at the loopback address. */
function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** Creates the folder if it does not exist and checks at startup that files can be created in it. */
function prepareDataDir(dataDir: string): void {
  useDataPath(dataDir, () => {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.W_OK | constants.X_OK);
  });
}

/** Accesses a path below `DATA_DIR`. A failure becomes a BadSettingError that names the variable. */
function useDataPath<T>(path: string, use: () => T): T {
  try {
    return use();
  } catch (error) {
    throw new BadSettingError(
      `DATA_DIR cannot be used (${getErrorCode(error)} at ${path}); set it to a folder this user may write to`,
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
  // bcrypt uses only the first 72 bytes; quotes and backslashes would need escaping in the printed curl commands.
  if (/^[\x21-\x7e]{1,72}$/.test(text) && !/["'\\]/.test(text)) return text;
  throw new BadSettingError(
    'DEMO_PASSWORD cannot be used; write 1 to 72 ASCII characters without spaces, quotes and backslashes',
  );
}

function parseMetricsToken(text: string | undefined): string | undefined {
  if (text === undefined || /^[\w.~+/-]{16,256}=*$/.test(text)) return text;
  throw new BadSettingError(
    'METRICS_TOKEN cannot be used; write 16 to 256 letters, digits and - . _ ~ + /, and leave it out for no metrics',
  );
}

/** With a shared database, every process needs the same pepper, so it cannot be generated here. */
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
  const pepper = useDataPath(file, () => readOrMakeSecret(file));
  if (isLongEnough(pepper)) return pepper;
  throw new BadSettingError(
    `The pepper in ${file} has fewer than 32 bytes. Restore the file from a backup, or remove it: then a new pepper is ` +
      'created, and existing keys keep working.',
  );
}

function isLongEnough(pepper: string): boolean {
  return Buffer.byteLength(pepper) >= 32;
}
