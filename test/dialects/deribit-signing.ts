// Signs as clients of Deribit do. It shares nothing with lib/.
import { constants, createHmac, sign, type KeyObject } from 'node:crypto';
import type { DeribitKey } from './deribit-app.js';

/** What is signed of a request, and with what; `key` has the pair. */
export interface SignedCall {
  readonly key: Pick<DeribitKey, 'client_id' | 'client_secret'>;
  readonly method?: string;
  /** Path and query, as they are sent. */
  readonly target: string;
  readonly body?: string;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly nonce?: string;
}

/** The four values of the header, in the order in which they are documented. */
export function signedParts({ key, method = 'GET', target, body = '', now, nonce }: SignedCall): {
  readonly id: string;
  readonly ts: string;
  readonly sig: string;
  readonly nonce: string;
} {
  const ts = String(now);
  const once = nonce ?? ts;
  const text = `${ts}\n${once}\n${method}\n${target}\n${body}\n`;
  const sig = createHmac('sha256', key.client_secret).update(text).digest('hex');
  return { id: key.client_id, ts, sig, nonce: once };
}

/** The header as ccxt writes it, whose nonce is the timestamp. */
export function signedAsCcxt(call: SignedCall): Readonly<Record<string, string>> {
  const { id, ts, sig, nonce } = signedParts(call);
  return { Authorization: `deri-hmac-sha256 id=${id},ts=${ts},sig=${sig},nonce=${nonce}` };
}

/** Parameters of `public/auth` with a signature. */
export interface SignedGrant {
  readonly grant_type: 'client_signature';
  readonly client_id: string;
  readonly timestamp: number;
  readonly nonce?: string;
  readonly data?: string;
  readonly signature: string;
}

type Data = { readonly now: number; readonly nonce?: string; readonly data?: string };

function grant(clientId: string, { now, nonce, data }: Data, signature: string): SignedGrant {
  return {
    ...{ grant_type: 'client_signature', client_id: clientId, timestamp: now, signature },
    ...(nonce === undefined ? {} : { nonce }),
    ...(data === undefined ? {} : { data }),
  };
}

/** Signs with a secret. */
export function grantBySecret(key: SignedCall['key'], data: Data): SignedGrant {
  const text = `${data.now}\n${data.nonce ?? ''}\n${data.data ?? ''}`;
  const signature = createHmac('sha256', key.client_secret).update(text).digest('hex');
  return grant(key.client_id, data, signature);
}

/** Signs with the private half of a registered key. */
export function grantByKey(
  clientId: string,
  key: KeyObject,
  data: Data,
  { encoding = 'hex', isPss = false }: { encoding?: BufferEncoding; isPss?: boolean } = {},
): SignedGrant {
  const text = Buffer.from(`${data.now}\n${data.nonce ?? ''}\n${data.data ?? ''}`);
  const padding = isPss ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  const bytes =
    key.asymmetricKeyType === 'rsa' ? sign('sha256', text, { key, padding }) : sign(null, text, key);
  return grant(clientId, data, bytes.toString(encoding));
}
