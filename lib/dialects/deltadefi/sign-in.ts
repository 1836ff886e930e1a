import type { Request } from 'express';
import { parseLine } from '../../domain/key-fields.js';
import { callHost } from '../../http/call-host.js';
import { readFields } from '../../manage/read-fields.js';
import type { JsonRecord } from '../parse-json-object.js';
import { parseBech32 } from './parse-bech32.js';

/** A sign-in request. */
export interface WalletSignIn {
  /** In bech32, with a valid checksum, in lower case. Its ownership is not proven. */
  readonly wallet_address: string;
  readonly referral_code?: string;
}

/** A signed-in user. */
export interface SignedIn {
  /** A token that `verifyAccessToken` accepts. */
  readonly token: string;
  readonly user_id: string;
  readonly is_first_time: boolean;
  readonly is_onboarding_ready: boolean;
}

/** Signs the owner of a wallet in; `null` refuses. A rejection is answered as an internal error. */
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
 * Calls the app's function.
 *
 * @throws ApiKeysError `internal_error` when it throws, or returns anything else
 */
export function callSignIn(signIn: SignIn, wallet: WalletSignIn, req: Request): Promise<SignedIn | null> {
  return callHost(() => signIn(wallet, req), readSignedIn);
}

/** Only documented fields are returned, whatever else the app includes. */
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
