'use strict';
// What was added to Verdaccio: this file, as lib/api-keys.cjs, and the lines of edits.ts.
const Cookies = require('cookies');
const { createApiKeys } = require('express-api-keys');

const apiKeys = createApiKeys({
  prefix: 'registry',
  scopes: {
    'packages:read': 'Search and download packages',
    'packages:publish': 'Publish, tag and remove packages',
  },
  pepper: process.env.API_KEYS_PEPPER,
  database: process.env.DATABASE_URL,
  // Verdaccio sends headers of a request on to other registries.
  hideCredentials: true,
});

/** What is needed before a caller has a key or is signed in. `GET /` is the page with the sign-in form. */
const PUBLIC = [
  ['GET', /^\/(favicon\.ico)?$/],
  ['GET', /^\/-\/(ping|logo|static\/[^/]+)$/],
  ['POST', /^\/-\/(login|logout)$/],
  // npm adduser, npm login
  ['PUT', /^\/-\/user\/org\.couchdb\.user:[^/]+(\/-rev\/[^/]+)?$/],
];
const isPublic = (req) => PUBLIC.some(([method, path]) => method === req.method && path.test(req.path));

/** As Verdaccio itself describes a user who has signed in. */
const userNamed = (name) => ({ name, groups: [name, '$all', '$authenticated', 'all'], real_groups: [name] });

/**
 * Adds the management of keys to an app, and a guard in front of all that is mounted behind it.
 * @param auth Verdaccio's own: it signs people in with a name and a password, sent by npm or kept in a cookie
 */
function protect(app, auth) {
  const byHeader = auth.basic_middleware();
  const readCookies = Cookies.express();
  const byCookie = auth.cookie_middleware();
  // Without a Router, which goes on in a later turn: Verdaccio's log listens to bodies, which flow away until then.
  const signIn = (req, res, next) =>
    byHeader(req, res, () => readCookies(req, res, () => byCookie(req, res, next)));

  // People who are signed in manage their keys.
  const authorize = ({ remote_user: { name } }) =>
    name === undefined ? null : { kind: 'owner', ownerId: name };
  app.use('/-/api-keys', signIn, apiKeys.adminRouter({ authorize }));

  // Requests without a key: Verdaccio decides about whoever is signed in; others are asked to sign in.
  const requireUser = (req, res, next) => {
    if (req.remote_user.name !== undefined) return next();
    res.status(401).set('WWW-Authenticate', 'Basic').json({ error: 'sign in, or send an API key' });
  };
  const guard = apiKeys.requireApiKey(
    {
      GET: 'packages:read',
      PUT: 'packages:publish',
      POST: 'packages:publish',
      DELETE: 'packages:publish',
    },
    { fallback: (req, res, next) => signIn(req, res, () => requireUser(req, res, next)) },
  );

  app.use((req, res, next) => {
    if (isPublic(req)) return next();
    const signsIn = req.headers.authorization !== undefined;
    guard(req, res, (error) => {
      // A key that npm sends as its token stands for its owner. Beside a sign-in, in X-API-Key, Verdaccio sees who signs in.
      if (signsIn && req.headers.authorization === undefined) req.remote_user = userNamed(req.apiKey.ownerId);
      next(error);
    });
  });
}

module.exports = { apiKeys, protect };
