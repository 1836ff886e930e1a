import express, { Router, type Request, type Response } from 'express';
import helmet from 'helmet';
import { escapeHtml, styleSheet, writePage } from './html.js';
import { allowOnly, sendProblem } from './problem.js';
import { clearSessionCookie, readSessionCookie, setSessionCookie } from './session-cookie.js';
import type { SignIn } from './sign-in.js';
import type { User } from './users.js';

/** Nothing runs but scripts of this service, and no string becomes code: the element of API keys needs no more. */
const policy = helmet.contentSecurityPolicy({
  useDefaults: false,
  directives: {
    'default-src': ["'none'"],
    'script-src': ["'self'"],
    'style-src': ["'self'"],
    'connect-src': ["'self'"],
    'img-src': ["'self'"],
    'base-uri': ["'none'"],
    'form-action': ["'self'"],
    'frame-ancestors': ["'none'"],
    'require-trusted-types-for': ["'script'"],
    'trusted-types': ["'none'"],
  },
});

/**
 * The pages of this service for people: a form to sign in, and a settings page with the API keys of the person who is signed in. Addresses
 * are relative, so that they hold behind a proxy that strips a prefix.
 *
 * @param signIn - the sign-in that the service has
 * @param isSecure - whether people reach this service over HTTPS
 */
export function createPages(signIn: SignIn, isSecure: boolean): Router {
  const router = Router();
  const readUser = (req: Request): User | null => signIn.readUser(readSessionCookie(req) ?? '');

  router.get('/', policy, (req, res) => {
    const user = readUser(req);
    if (user === null) send(res, 200, writeSignInPage());
    else res.redirect(303, pageOf(user));
  });

  router.get('/settings', policy, (req, res) => {
    const user = readUser(req);
    if (user === null) res.redirect(303, './');
    else send(res, 200, writeSettingsPage(user));
  });

  router.get('/style.css', (_req, res) => {
    res.set('Cache-Control', 'no-cache').type('css').send(styleSheet);
  });

  const readForm = express.urlencoded({ extended: false, limit: '4kb', parameterLimit: 10 });
  router.post('/session', policy, refuseOtherSites, readForm, async (req, res) => {
    const { username, password } = (req.body ?? {}) as Record<string, unknown>;
    if (typeof username !== 'string' || typeof password !== 'string' || password.length > 100) {
      send(res, 400, writeSignInPage('Type a name and a password.'));
      return;
    }
    const answer = await signIn.logIn(username, password, req);
    if (answer.user !== null) {
      setSessionCookie(res, answer.token, isSecure);
      res.redirect(303, pageOf(answer.user));
    } else if (answer.waitSeconds > 0) {
      res.set('Retry-After', String(answer.waitSeconds));
      send(res, 429, writeSignInPage(`Try again in ${answer.waitSeconds} seconds.`));
    } else {
      send(res, 401, writeSignInPage('The name or the password is wrong.'));
    }
  });

  router.post('/sign-out', refuseOtherSites, (_req, res) => {
    clearSessionCookie(res, isSecure);
    res.redirect(303, './');
  });

  router.all(['/', '/settings', '/style.css'], allowOnly('GET', 'HEAD'));
  router.all(['/session', '/sign-out'], allowOnly('POST'));
  return router;
}

/** Owners have their keys in their settings; admins, who have none, get the page of all keys. */
function pageOf({ ownerId }: User): string {
  return ownerId === null ? 'api-keys/' : 'settings';
}

/** Browsers say where a form was sent from; another site must not sign anybody in or out. */
function refuseOtherSites(req: Request, res: Response, next: () => void): void {
  const site = req.get('sec-fetch-site') ?? 'same-origin';
  if (site === 'same-origin' || site === 'none') {
    next();
    return;
  }
  sendProblem(res, { status: 403, code: 'cross_site_request', detail: 'Send the form from its own page.' });
}

function send(res: Response, status: number, html: string): void {
  res.status(status).set('Cache-Control', 'no-store').type('html').send(html);
}

function writeSignInPage(problem = ''): string {
  return writePage(
    'Sign in',
    `<main>
<h1>Orders: sign in</h1>
<form class="sign-in" method="post" action="session">
${problem === '' ? '' : `<p class="problem" role="alert">${escapeHtml(problem)}</p>`}
<label>Name <input name="username" autocomplete="username" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button>Sign in</button>
</form>
</main>`,
  );
}

function writeSettingsPage({ name, ownerId }: User): string {
  const who = ownerId === null || ownerId === name ? name : `${name} of ${ownerId}`;
  return writePage(
    'Settings',
    `<header>
<h1>Settings of ${escapeHtml(who)}</h1>
<form method="post" action="sign-out"><button>Sign out</button></form>
</header>
<main>
<api-keys-manager></api-keys-manager>
</main>`,
    '<script type="module" src="api-keys/page/element.js"></script>\n',
  );
}
