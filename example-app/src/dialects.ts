import { Router } from 'express';
import type { ApiKeys } from 'express-api-keys';
import {
  deltadefiRouter,
  deribitRouter,
  nebulaRouter,
  yativoRouter,
  type SignedIn,
  type WalletSignIn,
} from 'express-api-keys/dialects';
import type { SignIn } from './sign-in.js';
import { createTryLimit } from './try-limit.js';
import type { User } from './users.js';

/** How the compatibility routers find the users of this service. */
export interface DialectUsers {
  readonly signIn: SignIn;
  /** The owner of a wallet; `null` for an unknown address. */
  readonly findUserByWallet: (address: string) => User | null;
}

/**
 * Serves the HTTP contracts of four other systems over the same keys. Clients of these systems work unchanged and sign in
 * as users of this service.
 */
export function createDialects(
  apiKeys: ApiKeys<'orders:read' | 'orders:write'>,
  { signIn, findUserByWallet }: DialectUsers,
): Router {
  const verifyAccessToken = signIn.readOwner;
  const walletTries = createTryLimit({ max: 10, windowSeconds: 60 });
  const router = Router();

  router.use(
    '/deltadefi',
    deltadefiRouter(apiKeys, {
      verifyAccessToken,
      // Wallets are derived from passwords here, so brute force is limited for both.
      signIn({ wallet_address }: WalletSignIn, req): SignedIn | null {
        const caller = req.ip ?? 'unknown';
        if (walletTries.take(caller) > 0) return null;
        const user = findUserByWallet(wallet_address);
        if (user === null) return null;
        walletTries.giveBack(caller);
        const token = signIn.issueToken(user);
        return { token, user_id: user.name, is_first_time: false, is_onboarding_ready: true };
      },
    }),
  );
  router.use(
    '/deribit/api/v2',
    deribitRouter(apiKeys, {
      verifyAccessToken,
      testnet: true,
      scopeMap: { 'trade:read': ['orders:read'], 'trade:read_write': ['orders:write'] },
    }),
  );
  router.use(
    '/yativo',
    yativoRouter(apiKeys, {
      verifyAccessToken,
      scopeMap: { 'transactions:read': ['orders:read'], 'transactions:write': ['orders:write'] },
    }),
  );
  router.use(
    '/nebula/api/v1',
    nebulaRouter(apiKeys, {
      verifyAccessToken,
      async login({ username, password }, req) {
        const { user, ...answer } = await signIn.logIn(username, password, req);
        return user === null || !('token' in answer) ? null : { jwtToken: answer.token, name: user.name };
      },
    }),
  );
  return router;
}
