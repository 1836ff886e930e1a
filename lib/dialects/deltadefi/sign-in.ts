import type { Request } from 'express';
import { parseLine } from '../../domain/key-fields.js';
import { callHost } from '../../http/call-host.js';
import { readFields } from '../../manage/read-fields.js';
import type { JsonRecord } from '../parse-json-object.js';
import { parseBech32 } from './parse-bech32.js';

/** Who wants to sign in. */
export interface WalletSignIn {
  /** In bech32, with a right checksum, in lower case. Nobody has proven that it is theirs. */
  readonly wallet_address: string;
  readonly referral_code?: string;
}

/** Who has signed in. */
export interface SignedIn {
  /** What `verifyAccessToken` will be asked about. */
  readonly token: string;
  readonly user_id: string;
  readonly is_first_time: boolean;
  readonly is_onboarding_ready: boolean;
}

/** Signs the owner of a wallet in; `null` for who may not. A rejection is answered like trouble. */
export type SignIn = (wallet: WalletSignIn, req: Request) => SignedIn | null | Promise<SignedIn | null>;

/** @throws ApiKeysError `invalid_request` */
export function readSignIn(body: JsonRecord | null): WalletSignIn {
  const { wallet_address, referral_code } = body ?? {};
  const hasCode = referral_code !== undefined && referral_code !== null && referral_code !== '';
  return readFields<{ wallet_address: string; referral_code: string }, 'wallet_address'>(
    { wallet_address, ...(hasCode ? { referral_code } : {}) },
    { wallet_address: parseBech32, referral_code: (value) => parseLine(value, maxReferralCodeLength) },
    ['wallet_address'],
  );
}

const maxReferralCodeLength = 100;

/**
 * Asks the app.
 *
 * @throws ApiKeysError `internal_error` when the app throws, or answers something else
 */
export function callSignIn(signIn: SignIn, wallet: WalletSignIn, req: Request): Promise<SignedIn | null> {
  return callHost(() => signIn(wallet, req), readSignedIn);
}

/** Only what is documented leaves, whatever else the app knows of its users. */
function readSignedIn(answer: unknown): SignedIn {
  const { token, user_id, is_first_time, is_onboarding_ready } = (answer ?? {}) as Record<string, unknown>;
  if (
    typeof token !== 'string' ||
    typeof user_id !== 'string' ||
    typeof is_first_time !== 'boolean' ||
    typeof is_onboarding_ready !== 'boolean'
  ) {
    throw new TypeError('signIn answers { token, user_id, is_first_time, is_onboarding_ready } or null');
  }
  return { token, user_id, is_first_time, is_onboarding_ready };
}
