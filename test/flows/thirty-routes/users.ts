import { randomBytes } from 'node:crypto';
import { Router } from 'express';

/** Somebody who signed in to the app. */
export interface ShopUser {
  readonly id: string;
}

declare global {
  // eslint-disable-next-line typescript/no-namespace
  namespace Express {
    interface Request {
      /** Set by the app's own session middleware. */
      user: ShopUser | null;
    }
  }
}

/** The app's own sign-in, there before any API key: a session cookie, `POST /login` and `req.user`. */
export function createSessions(): Router {
  const users = new Map<string, ShopUser>();
  const router = Router();
  router.use((req, _res, next) => {
    const session = /(?:^|; )session=([0-9a-f]+)/.exec(req.headers.cookie ?? '')?.[1];
    req.user = users.get(session ?? '') ?? null;
    next();
  });
  router.post('/login', (req, res) => {
    if (req.body.password !== 'correct horse') {
      res.status(401).json({ error: 'wrong password' });
      return;
    }
    const session = randomBytes(16).toString('hex');
    users.set(session, { id: String(req.body.name) });
    res.cookie('session', session, { httpOnly: true, sameSite: 'strict' }).json({ ok: true });
  });
  return router;
}
