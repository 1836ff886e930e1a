import type { IncomingMessage } from 'node:http';
import type { KeyFormat } from '../domain/key-format.js';
import type { Keyspaces } from '../domain/keyspaces.js';
import { redacted } from '../domain/secret-like.js';

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
   * string without any is returned unchanged. A secret that was cut off from its key is not recognised.
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

/**
 * @param prefix - of native keys, whose environments, and refresh tokens, differ in what stands behind it
 * @param headers - where credentials are read, in lower case
 */
export function createRedaction(keyspaces: Keyspaces, prefix: string, headers: readonly string[]): Redaction {
  const native = new RegExp(`${prefix}_[0-9A-Za-z-]+_(?=[0-9A-Za-z]{65})[0-9A-Za-z]+`, 'g');
  const finders = new WeakMap<KeyFormat, RegExp>();
  const foreign = keyspaces.foreign.all().map(({ pattern }) => createFinderOf(pattern));

  function redactFormat(text: string, format: KeyFormat): string {
    let finder = finders.get(format);
    if (finder === undefined) {
      finder = createFinder(format);
      finders.set(format, finder);
    }
    return text.replace(finder, format.head + redacted);
  }

  function redact(text: string): string {
    const withoutNative = text
      .replace(native, (token) => readTokenHead(token) + redacted)
      .replace(jwt, redacted);
    const withoutOwn = keyspaces
      .all()
      .flatMap((keyspace) => keyspace.environments.map((each) => keyspace.formatFor(each)))
      .reduce(redactFormat, withoutNative);
    return foreign.reduce((rest, finder) => rest.replace(finder, redacted), withoutOwn);
  }

  return {
    redactPaths: [...new Set([...headers, ...knownHeaders])].map((name) => `req.headers["${name}"]`),
    redact,
    redactedUrl: ({ originalUrl, url }) => redact(originalUrl ?? url ?? ''),
  };
}

/** Finds whole tokens inside a text, also in a URL; what only looks like one is taken out as well. */
function createFinder({ pattern }: KeyFormat): RegExp {
  return createFinderOf(new RegExp(pattern.source.replace(':', '(?::|%3[Aa])'), pattern.flags));
}

function createFinderOf({ source, flags }: RegExp): RegExp {
  const anywhere = source.replace(/^\^|\$$/g, '');
  return new RegExp(`(?<![0-9A-Za-z])${anywhere}(?![0-9A-Za-z])`, `g${flags}`);
}

function readTokenHead(token: string): string {
  return token.slice(0, token.lastIndexOf('_') + 1);
}
