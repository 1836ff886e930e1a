/** What stands behind a request that no server of Node has received, or that describes another one. */
export interface RequestSource {
  /** The request itself: checking it twice is one use of its signature. */
  readonly identity: object;
  /** Whether the path is the one that the client called, whatever proxies strip; default: no. */
  readonly hasCalledPath?: boolean;
  /** Whether there is a body; `unknown` until it is read. */
  readonly bodyPresence: () => 'none' | 'some' | 'unknown';
  /**
   * Reads the bytes of the body as they were sent.
   *
   * @throws ApiKeysError as `readRawBody` does
   */
  readonly readBody: (maxBytes: number) => Promise<Uint8Array>;
}

/** A registered symbol, so that both builds of the package find what either has set. */
const requestSource: unique symbol = Symbol.for('express-api-keys.requestSource');

/** Says where the body of a request is, and what the request stands for. */
export function setRequestSource(req: object, source: RequestSource): void {
  Object.defineProperty(req, requestSource, { value: source });
}

/** What was set, or `null` for a request that is itself what was received. */
export function getRequestSource(req: object): RequestSource | null {
  return (req as { readonly [requestSource]?: RequestSource })[requestSource] ?? null;
}
