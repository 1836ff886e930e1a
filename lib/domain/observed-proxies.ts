/**
 * What has arrived at a process, in a sample of its requests, against what the setting `trust proxy` of the app says. A request counts for
 * one of them at most.
 */
export interface ObservedProxies {
  /** How many requests were looked at. */
  readonly sampled: number;
  /** `trust proxy` trusts everybody. */
  readonly everyoneTrusted: number;
  /** From a private address, with `X-Forwarded-For`, although `trust proxy` does not trust it: a proxy counts as the caller. */
  readonly notTrusted: number;
  /** The caller is a private address behind which `X-Forwarded-For` names others: fewer proxies are trusted than there are. */
  readonly tooFewHops: number;
  /** All of `X-Forwarded-For` is trusted, what the caller has sent too: more proxies are trusted than there are. */
  readonly tooManyHops: number;
  /** From a trusted address without `X-Forwarded-For`: those who can connect like this can send it, with any address. */
  readonly withoutHeader: number;
  /** With `Forwarded` alone, which Express does not read. */
  readonly forwardedOnly: number;
}
