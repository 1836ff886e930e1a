/** The headers of a request in any of the forms that platforms have. */
export type VerifiableHeaders =
  | Iterable<readonly [name: string, value: string]>
  | readonly string[]
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * A request of any platform. An `IncomingMessage` of Node, a `Request` of fetch and a request of Express are such as they are;
 * anything else is written as an object with these members.
 */
export interface VerifiableRequest {
  /**
   * The `Headers` of fetch, the `headers` of Node, raw lines (names and values in turn), or pairs. From `headers` of Node alone
   * it cannot be seen that `Authorization` was sent twice: pass `rawHeaders` as well, or instead.
   */
  readonly headers: VerifiableHeaders;
  /** The raw header lines, as Node has them. They show which headers were repeated. */
  readonly rawHeaders?: readonly string[] | undefined;
  /** The HTTP method. Needed for scopes by method and for signatures. */
  readonly method?: string | undefined;
  /** The path with the query, or the whole URL. Needed for signatures. */
  readonly url?: string | undefined;
}
