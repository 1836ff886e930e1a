import type { Express } from 'express';
import { take, takeText, takeWholeNumber, withDefault } from '../../../options/option-readers.js';
import { readOptions, type ReadersOf } from '../../../options/read-options.js';

/** Options of `deribitWebSocket`. */
export interface DeribitWebSocketOptions {
  /** The Express app of the server: its setting `trust proxy` defines the address of a client. */
  readonly app: Express;
  /**
   * The path that clients connect to.
   *
   * @default '/ws/api/v2' as documented
   */
  readonly path?: string | undefined;
  /**
   * Origins of web pages that may connect, for example `https://app.acme.example`. Pages of the server's own host always may, and
   * so may clients that send no `Origin`, because they are no browsers.
   *
   * @default [] none
   */
  readonly origins?: readonly string[] | undefined;
  /**
   * Maximum number of connections to this process, 1 to 100,000.
   *
   * @default 1000
   */
  readonly maxConnections?: number | undefined;
  /**
   * Maximum number of connections from one address to this process, 1 to 100,000. The addresses of one IPv6 network (/64) count as
   * one.
   *
   * @default 32 as documented
   */
  readonly maxConnectionsPerAddress?: number | undefined;
  /**
   * Maximum number of connections to this process that are authenticated by one key, 1 to 100,000.
   *
   * @default 16
   */
  readonly maxConnectionsPerKey?: number | undefined;
  /**
   * Maximum number of requests of one connection that wait, 1 to 1,000; requests are executed one after the other.
   *
   * @default 32
   */
  readonly maxQueuedRequests?: number | undefined;
  /**
   * After how many seconds without authentication a connection is closed, 1 to 3,600.
   *
   * @default 60
   */
  readonly authenticateWithinSeconds?: number | undefined;
  /**
   * After how many seconds without a message or a ping of the client a connection is closed, 1 to 86,400.
   *
   * @default 600
   */
  readonly idleSeconds?: number | undefined;
}

/** Validated options. */
export type ResolvedWebSocketOptions = {
  readonly [K in keyof DeribitWebSocketOptions]-?: NonNullable<DeribitWebSocketOptions[K]>;
};

/** Documented: "up to 32 connections" for each address. */
const documentedConnections = 32;
const maxCount = 100_000;

const readers = {
  app: take('the Express app of the server, for example { app }', isApp),
  path: withDefault(takeText("a path, for example '/ws/api/v2'", /^\/[\w./~-]*$/), '/ws/api/v2'),
  origins: withDefault(take("a list of origins, for example ['https://app.acme.example']", areOrigins), []),
  maxConnections: withDefault(takeWholeNumber(1, maxCount), 1000),
  maxConnectionsPerAddress: withDefault(takeWholeNumber(1, maxCount), documentedConnections),
  maxConnectionsPerKey: withDefault(takeWholeNumber(1, maxCount), 16),
  maxQueuedRequests: withDefault(takeWholeNumber(1, 1000), 32),
  authenticateWithinSeconds: withDefault(takeWholeNumber(1, 3600), 60),
  idleSeconds: withDefault(takeWholeNumber(1, 86_400), 600),
} satisfies ReadersOf<DeribitWebSocketOptions>;

/** @throws InvalidOptionError with what to write instead */
export function resolveWebSocketOptions(value: unknown): ResolvedWebSocketOptions {
  return readOptions('deribitWebSocket', value, readers);
}

function isApp(value: unknown): value is Express {
  return typeof value === 'function' && 'request' in value && 'get' in value;
}

function areOrigins(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isOrigin);
}

function isOrigin(value: unknown): boolean {
  return typeof value === 'string' && URL.canParse(value) && new URL(value).origin === value;
}
