import type { Router } from 'express';
import { listUpTo } from '../list-up-to.js';
import { anyScope } from '../../domain/any-scope.js';
import type { ApiKeyRecord } from '../../domain/api-key.js';
import { createFeatureCatalogue } from '../../domain/feature-catalogue.js';
import { createCheckedFormat } from '../../domain/key-format.js';
import { noPolicy } from '../../domain/keyspace-policy.js';
import { createKeyNotFoundError } from '../../manage/authority.js';
import type { ChangeContext } from '../../manage/change.js';
import { readFields } from '../../manage/read-fields.js';
import { answerChange } from '../answer-change.js';
import { resolveAppScopes } from '../app-scopes.js';
import { createCommandRunner, type RunCommand } from '../command-runner.js';
import { createCallers } from '../callers.js';
import { createCredentialReader } from '../credential-reader.js';
import type { DialectCall } from '../dialect-call.js';
import { getDialectHost, type DialectKeyService, type WithDialectHost } from '../dialect-host.js';
import { createDialectRouter, type DialectRoute } from '../dialect-router.js';
import { toLifetimePolicy } from '../lifetime-options.js';
import type { JsonRecord } from '../parse-json-object.js';
import { getCallerRights } from '../get-caller-rights.js';
import { parseKeyUuid, nebulaId, toKeyUuid } from './key-uuid.js';
import { callLogin, readCredentials } from './login.js';
import { answerNebulaError } from './nebula-error.js';
import { resolveNebulaOptions, type NebulaOptions } from './nebula-options.js';
import { listUnrevokedKeys } from './list-unrevoked-keys.js';

/** The prefix of keys, in any environment. */
const head = 'ak_';
/** 43 characters in base64url, 27 of them secret: 162 bits. */
const lengths = { id: nebulaId.length, secret: 27, checksum: 6 } as const;

/**
 * The API key endpoints of Nebula Block: many named keys for each owner, each returned in full once. Its keys are accepted on
 * the app's own routes. Mount it at the path of `{API_URL}`, for example at `/api/v1`, before body parsers.
 *
 * @throws InvalidOptionError `ERR_API_KEYS_INVALID_OPTION` when an option is missing, misspelled or invalid, or when the router
 * was already created
 *
 * @example
 * app.use('/api/v1', nebulaRouter(apiKeys, { verifyAccessToken: (token) => ownerOfSession(token) }));
 */
export function nebulaRouter(apiKeys: WithDialectHost, options: NebulaOptions): Router {
  const host = getDialectHost('nebulaRouter', apiKeys);
  const resolved = resolveNebulaOptions(options);
  const { verifyAccessToken, login, maxKeysPerOwner, ids, keysMayManage, ...given } = resolved;
  const { catalogue, defaultScopes } = resolveAppScopes('nebulaRouter', host.scopes, given.defaultScopes);
  const keyspace = host.registerKeyspace({
    ...{ name: 'nebula', catalogue, hasAppScopes: true, features: createFeatureCatalogue({}) },
    policy: {
      ...noPolicy,
      ...toLifetimePolicy(resolved),
      maxKeysPerOwner,
      omittedScopes: defaultScopes,
      numberKeys: true,
    },
    managementScope: keysMayManage ? anyScope : null,
    formatFor: () => createCheckedFormat({ head, alphabet: nebulaId.alphabet, lengths }),
  });

  const readCredential = createCredentialReader(['bearer']);
  const challenge = { scheme: 'Bearer', realm: 'nebula' } as const;
  const callers = createCallers({ host, keyspace, verifyAccessToken, challenge });
  const readNamedKey = ({ params }: DialectCall): string | null => parseKeyUuid(params['id'] ?? '');
  const runWithDefaults = createCommandRunner({ host, keyspace, callers, readCredential, readNamedKey });
  const runCommand: RunCommand = (call, command) =>
    runWithDefaults(call, ({ context, ...known }) =>
      command({ ...known, context: keysMayManage ? context : { ...context, managementScope: null } }),
    );

  const getPresentedId = ({ id, number }: ApiKeyRecord): string | number =>
    ids === 'integer' && number !== null ? number : toKeyUuid(id);

  const createKey: DialectRoute = {
    methods: ['POST'],
    path: ['/api-keys', '/api_keys'],
    handle: (call) =>
      runCommand(call, async ({ keys, context, caller }) => {
        const input = readNewKey(await call.body());
        const rights = await getCallerRights(keys, context, caller, catalogue);
        const { record, token, effectiveBy } = await keys.create(context, { ...input, ...rights });
        const data = { id: getPresentedId(record), key: token, ...describeKey(record) };
        return answerChange({ effectiveBy }, createSuccess('API key successfully created', data));
      }),
  };

  const listKeys: DialectRoute = {
    methods: ['GET'],
    path: ['/api-keys', '/api_keys'],
    handle: (call) =>
      runCommand(call, async ({ keys, context }) => {
        const data = (await listUnrevokedKeys(keys, context)).map((record) => ({
          id: getPresentedId(record),
          ...describeKey(record),
          partial_key_data: `${head}...`,
        }));
        return { status: 200, body: createSuccess('API keys successfully retrieved', data) };
      }),
  };

  const deleteKey: DialectRoute = {
    methods: ['DELETE'],
    path: ['/api-keys/:id', '/api_keys/:id'],
    handle: (call) =>
      runCommand(call, async ({ keys, context, caller }) => {
        // Even a key that may not manage keys may delete itself, by either of its ids.
        const id = await findId(keys, callers.createContext(call, caller), call.params['id'] ?? '');
        return answerChange(
          await keys.revoke(context, id),
          createSuccess('API key successfully deleted', {}),
        );
      }),
  };

  const loginRoutes: readonly DialectRoute[] =
    login === null
      ? []
      : [
          {
            methods: ['POST'],
            path: '/login',
            async handle(call) {
              const data = await callLogin(login, readCredentials(await call.body()), call.req);
              if (data === null) return callers.refuse(call, invalidPassword);
              return { status: 200, body: createSuccess('Login successful', data) };
            },
          },
        ];

  return createDialectRouter({
    ...{ name: 'the Nebula Block router', routes: [createKey, listKeys, deleteKey, ...loginRoutes] },
    readRequestId: host.readRequestId,
    ...{ clientAddress: host.clientAddress, clock: host.clock, reportError: host.reportError },
    // The documented samples declare forms, but send JSON with a trailing comma.
    body: { tolerantJson: true, form: true },
    answerError: answerNebulaError,
  });
}

const invalidPassword = {
  allowed: false,
  code: 'invalid_token',
  detail: 'The username or the password is wrong.',
} as const;

function createSuccess(message: string, data: object): object {
  return { data, message, status: 'success' };
}

/** Clients expect the description to be a string. */
function describeKey({ name, description }: ApiKeyRecord): object {
  return { name, description: description ?? '' };
}

/** Rejects all other fields: a client that sends one must not believe that it was applied. */
function readNewKey(body: JsonRecord | null): object {
  const takeAsGiven = (value: unknown): unknown => value;
  return readFields<{ name: unknown; description: unknown }>(
    body ?? {},
    { name: takeAsGiven, description: takeAsGiven },
    [],
  );
}

/** @throws ApiKeysError `not_found` */
async function findId(keys: DialectKeyService, context: ChangeContext, text: string): Promise<string> {
  const id = /^[1-9]\d{0,14}$/.test(text)
    ? (await listUpTo(keys, context, { number: Number(text) }, 1))[0]?.id
    : parseKeyUuid(text);
  if (id === undefined || id === null) throw createKeyNotFoundError();
  return id;
}
