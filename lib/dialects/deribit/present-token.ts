import type { RefreshableToken } from '../../tokens/refresh-tokens.js';
import type { MethodAnswer } from './deribit-method.js';
import { findSession } from './token-terms.js';

/**
 * Presents new tokens.
 *
 * @param features - the features of their key
 * @param state - the value that the client wants back
 */
export function presentToken(
  { accessToken, refreshToken, chainId, expiresIn, scopes, effectiveBy }: RefreshableToken,
  features: readonly string[],
  state: string | undefined,
): MethodAnswer {
  return {
    result: {
      access_token: accessToken,
      token_type: 'bearer',
      expires_in: expiresIn,
      refresh_token: refreshToken,
      scope: [...scopes].sort().join(' '),
      enabled_features: features,
      ...(findSession(scopes) === null ? {} : { sid: chainId }),
      ...(state === undefined ? {} : { state }),
    },
    effectiveBy,
  };
}
