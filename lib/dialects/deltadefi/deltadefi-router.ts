import type { Router } from 'express';
import { listUpTo } from '../list-up-to.js';
import { anyScope } from '../../domain/any-scope.js';
import type { ApiKeyRecord } from '../../domain/api-key.js';
import { base36Alphabet } from '../../domain/charset.js';
import { createFeatureCatalogue } from '../../domain/feature-catalogue.js';
import { createCheckedFormat } from '../../domain/key-format.js';
import { noPolicy } from '../../domain/keyspace-policy.js';
import { ApiKeysError } from '../../errors.js';
import { answerChange } from '../answer-change.js';
import { resolveAppScopes } from '../app-scopes.js';
import { createCommandRunner } from '../command-runner.js';
import { createCallers } from '../callers.js';
import { createCredentialReader } from '../credential-reader.js';
import { getDialectHost, type WithDialectHost } from '../dialect-host.js';
import { createDialectRouter, type DialectRoute } from '../dialect-router.js';
import { getCallerRights } from '../get-caller-rights.js';
import { createDeltadefiDocument } from './deltadefi-document.js';
import { answerDeltadefiError } from './deltadefi-error.js';
import { resolveDeltadefiOptions, type DeltadefiOptions } from './deltadefi-options.js';
import { toLifetimePolicy } from '../lifetime-options.js';
import { replaceKey } from './replace-key.js';
import { callSignIn, readSignIn } from './sign-in.js';

/** `dk_live_` and 40 characters, 25 of them secret: 129 bits. */
const lengths = { id: 8, secret: 25, checksum: 7 } as const;

/**
 * The accounts endpoints of DeltaDeFi: one key for each owner, which a new one replaces. Its keys are accepted on the app's own
 * routes. Mount it at the parent path of `/accounts`.
 *
 * @throws InvalidOptionError `ERR_API_KEYS_INVALID_OPTION` when an option is missing, misspelled or invalid, or when the router
 * was already created
 *
 * @example
 * app.use(deltadefiRouter(apiKeys, { verifyAccessToken: (token) => ownerOfSession(token) }));
 */
export function deltadefiRouter(apiKeys: WithDialectHost, options: DeltadefiOptions): Router {
  const host = getDialectHost('deltadefiRouter', apiKeys);
  const resolved = resolveDeltadefiOptions(options);
  const { verifyAccessToken, signIn, singleKey, graceSeconds, ...given } = resolved;
  const { catalogue, defaultScopes } = resolveAppScopes('deltadefiRouter', host.scopes, given.defaultScopes);
  const keyspace = host.registerKeyspace({
    ...{ name: 'deltadefi', catalogue, hasAppScopes: true, features: createFeatureCatalogue({}) },
    policy: {
      ...noPolicy,
      ...toLifetimePolicy(resolved),
      onePerOwner: singleKey,
      omittedScopes: defaultScopes,
    },
    managementScope: anyScope,
    formatFor: (environment) =>
      createCheckedFormat({ head: `dk_${environment}_`, brand: 'dk_', alphabet: base36Alphabet, lengths }),
  });

  // A client that has both sends the key in one header and the JWT in the other.
  const readCredential = createCredentialReader(['x-api-key', 'bearer', 'raw'], { whenSeveral: 'first' });
  const challenge = { scheme: 'ApiKey', realm: 'deltadefi', header: 'x-api-key' } as const;
  const callers = createCallers({ host, keyspace, verifyAccessToken, challenge });

  const runCommand = createCommandRunner({ host, keyspace, callers, readCredential });

  const createNewApiKey: DialectRoute = {
    methods: ['GET', 'POST'],
    path: '/accounts/new-api-key',
    handle: (call) =>
      runCommand(call, async ({ caller, context, keys }) => {
        const getRights = () => getCallerRights(keys, context, caller, catalogue);
        const { record, token, effectiveBy } = await replaceKey(keys, context, graceSeconds, getRights);
        return answerChange({ effectiveBy }, { api_key: token, created_at: formatCreatedAt(record) });
      }),
  };

  const getApiKey: DialectRoute = {
    methods: ['GET'],
    path: '/accounts/api-key',
    handle: (call) =>
      runCommand(call, async ({ caller, context, keys }) => {
        const record =
          caller.kind === 'key'
            ? await keys.get(context, caller.apiKey.id)
            : (await listUpTo(keys, context, { state: 'active' }, 1))[0];
        // Not thrown, so not recorded as a refusal: an owner without a key has done nothing wrong.
        if (record === undefined) return answerDeltadefiError(new ApiKeysError('not_found'));
        return { status: 200, body: { api_key: maskKey(record), created_at: formatCreatedAt(record) } };
      }),
  };

  const signInRoutes: readonly DialectRoute[] =
    signIn === null
      ? []
      : [
          {
            methods: ['POST'],
            path: '/accounts/signin',
            async handle(call) {
              const body = await callSignIn(signIn, readSignIn(await call.body()), call.req);
              if (body === null) return callers.refuse(call, { allowed: false, code: 'invalid_token' });
              return { status: 200, body };
            },
          },
        ];

  const document: DialectRoute = {
    methods: ['GET'],
    path: '/accounts/openapi.json',
    handle: () => ({ status: 200, body: createDeltadefiDocument({ hasSignIn: signIn !== null }) }),
  };

  return createDialectRouter({
    ...{ name: 'the DeltaDeFi router', routes: [createNewApiKey, getApiKey, ...signInRoutes, document] },
    readRequestId: host.readRequestId,
    ...{ clientAddress: host.clientAddress, clock: host.clock, reportError: host.reportError },
    answerError: answerDeltadefiError,
  });
}

function maskKey({ hint }: ApiKeyRecord): string {
  return `${hint.prefix}…${hint.lastFour}`;
}

/** The creation time of the presented secret, as in the documents: without fractions of a second. */
function formatCreatedAt({ credentials, createdAt: keyCreatedAt }: ApiKeyRecord): string {
  const time = new Date(credentials[0]?.createdAt ?? keyCreatedAt).toISOString();
  return `${time.slice(0, 19)}Z`;
}
