import { hkdfSync } from 'node:crypto';
import { Router, type Request, type Response } from 'express';
import type { Actor } from 'express-api-keys';
import jwt from 'jsonwebtoken';
import { actorOf } from './actor-of.js';
import { allowOnly, sendProblem } from './problem.js';
import { readJson } from './read-json.js';
import { readSessionCookie } from './session-cookie.js';
import { createTryLimit } from './try-limit.js';
import type { User, Users } from './users.js';

type OwnerActor = Extract<Actor, { kind: 'owner' }>;

/** The sign-in that this service had before it had API keys. */
export interface SignIn {
  /** `POST /signin {username, password}` -> `{ token }`. */
  readonly router: Router;
  /** Reads the actor from the token of a request, in a header or in the cookie of a browser; `null` without a valid token. */
  readActor(req: Request): Actor | null;
  /** Reads the user of a token; `null` for an invalid one. */
  readUser(token: string): User | null;
  /** Reads the owner, or the member of one, whose token it is; an admin owns keys under its own name. `null` for an invalid token. */
  readOwner(token: string): OwnerActor | null;
  /** Checks a password. Failed attempts are counted against the address that the request came from. */
  logIn(username: string, password: string, req: Request): Promise<LogIn>;
  /** Issues a token for a user whose password was checked. */
  issueToken(user: User): string;
}

/** The result of a password check. */
export type LogIn =
  | { readonly user: User; readonly token: string }
  | { readonly user: null; /** 0 for a wrong password. */ readonly waitSeconds: number };

const tokenLifetimeSeconds = 60 * 60;
const issuer = 'example-app';

/**
 * @param secret - the secret that the signing key is derived from; processes with the same secret accept each other's tokens
 */
export function createSignIn(users: Users, secret: string): SignIn {
  const signingKey = Buffer.from(hkdfSync('sha256', secret, '', 'example-app sign-in tokens', 32));
  const tries = createTryLimit({ max: 10, windowSeconds: 60 });
  const router = Router();

  function issueToken({ name }: User): string {
    return jwt.sign({}, signingKey, {
      algorithm: 'HS256',
      expiresIn: tokenLifetimeSeconds,
      subject: name,
      issuer,
    });
  }

  /** The token says who it is, and nothing about rights: another role holds from the next request on. */
  function readUser(token: string): User | null {
    const name = readClaims(token, signingKey)?.sub;
    return name === undefined ? null : users.find(name);
  }

  async function logIn(username: string, password: string, req: Request): Promise<LogIn> {
    const caller = req.ip ?? 'unknown';
    const waitSeconds = tries.take(caller);
    if (waitSeconds > 0) return { user: null, waitSeconds };
    const user = await users.authenticate(username, password);
    if (user === null) return { user, waitSeconds: 0 };
    tries.giveBack(caller);
    return { user, token: issueToken(user) };
  }

  router.post('/', readJson, async (req, res) => {
    const { username, password } = (req.body ?? {}) as Record<string, unknown>;
    if (typeof username !== 'string' || typeof password !== 'string' || password.length > 100) {
      sendProblem(res, { status: 400, code: 'invalid_request', detail: 'Send { "username", "password" }.' });
      return;
    }
    const answer = await logIn(username, password, req);
    if (answer.user === null) {
      refuse(res, answer.waitSeconds);
      return;
    }
    const { token } = answer;
    res.set('Cache-Control', 'no-store').json({ token });
  });
  router.all('/', allowOnly('POST'));

  return {
    router,
    logIn,
    issueToken,
    readUser,
    readOwner(token) {
      const user = readUser(token);
      if (user === null) return null;
      const actor = actorOf(user);
      return actor.kind === 'owner' ? actor : { kind: 'owner', ownerId: user.name };
    },
    readActor(req) {
      const token = /^Bearer ([\w.-]+)$/i.exec(req.get('authorization') ?? '')?.[1] ?? readSessionCookie(req);
      const user = token === null ? null : readUser(token);
      return user === null ? null : actorOf(user);
    },
  };
}

function refuse(res: Response, waitSeconds: number): void {
  if (waitSeconds > 0) {
    res.set('Retry-After', String(waitSeconds));
    sendProblem(res, { status: 429, code: 'too_many_tries', detail: `Try again in ${waitSeconds} s.` });
    return;
  }
  res.set('WWW-Authenticate', 'Bearer realm="example-app"');
  sendProblem(res, { status: 401, code: 'wrong_password', detail: 'The name or the password is wrong.' });
}

function readClaims(token: string, signingKey: Buffer): jwt.JwtPayload | null {
  try {
    const claims = jwt.verify(token, signingKey, { algorithms: ['HS256'], issuer });
    return typeof claims === 'string' ? null : claims;
  } catch (error) {
    // An invalid or expired token is an expected result; any other error is rethrown.
    if (error instanceof jwt.JsonWebTokenError) return null;
    throw error;
  }
}
