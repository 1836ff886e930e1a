import { createHmac } from 'node:crypto';

/** The signed parts of a request that is signed with a shared secret. */
export interface HmacParts {
  /** Epoch milliseconds, as the client wrote them. */
  readonly timestamp: string;
  readonly nonce: string;
  readonly method: string;
  /** Path and query, byte for byte. */
  readonly target: string;
  readonly body: Uint8Array;
}

/**
 * HMAC-SHA-256 over timestamp, nonce and data, separated by newlines.
 *
 * @param secret - the key: a string stands for its bytes in UTF-8
 */
export function computeHmac(
  secret: string | Buffer,
  timestamp: string,
  nonce: string,
  ...data: (string | Uint8Array)[]
): Buffer {
  const hmac = createHmac('sha256', secret).update(`${timestamp}\n${nonce}\n`);
  for (const part of data) hmac.update(part);
  return hmac.digest();
}

/** The signature of a request. */
export function computeRequestHmac(
  secret: string | Buffer,
  { timestamp, nonce, method, target, body }: HmacParts,
): Buffer {
  return computeHmac(secret, timestamp, nonce, `${method}\n${target}\n`, body, '\n');
}
