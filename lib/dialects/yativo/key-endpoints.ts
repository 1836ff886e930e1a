import { parseIdempotencyKey } from '../../http/parse-idempotency-key.js';
import { readHeader } from '../../http/read-header.js';
import type { StepUpOperation } from '../../http/step-up-options.js';
import type { KeyOperation } from '../../domain/actor-role.js';
import type { ApiKeyRecord } from '../../domain/api-key.js';
import type { RepeatableResult } from '../../manage/repeatable-changes.js';
import { assertRole } from '../../manage/role-authority.js';
import { answerChange } from '../answer-change.js';
import type { CallerSession } from '../command-runner.js';
import type { DialectCall } from '../dialect-call.js';
import type { DialectHost, DialectKeyspace } from '../dialect-host.js';
import type { DialectAnswer } from '../send-answer.js';
import { presentKey } from './present-key.js';
import { readNewKey, readNothing, readPermissions } from './read-key-fields.js';
import type { SecondFactor } from './second-factor.js';
import { parsePathId, extractSecret } from './yativo-format.js';
import type { ResolvedYativoOptions } from './yativo-options.js';

/** The dependencies of the endpoints, created once with the router. */
export interface KeyEndpointsParts {
  readonly host: DialectHost;
  readonly keyspace: DialectKeyspace;
  readonly options: ResolvedYativoOptions;
  readonly secondFactor: SecondFactor;
}

/** An endpoint for authenticated callers. */
export type KeyEndpoint = (call: DialectCall, known: CallerSession) => Promise<DialectAnswer>;

/** The endpoints for keys. */
export type KeyEndpoints = Readonly<
  Record<'create' | 'list' | 'get' | 'revoke' | 'rotate' | 'setPermissions', KeyEndpoint>
>;

const secretWarning = 'Save the API Secret securely. It will not be shown again!';
const shownBefore = 'The API Secret was shown when this request was made first. It is not shown again.';
/** Maximum number of keys in one response; `next_cursor` leads to the others. */
const listLength = 1000;

/** Builds the endpoints. The router translates their errors to the dialect. */
export function createKeyEndpoints(parts: KeyEndpointsParts): KeyEndpoints {
  const { host, keyspace, options, secondFactor } = parts;
  const { catalogue } = keyspace.keyspace;

  /** Finds the key of the path, if the caller may see it; only then checks the second factor, so that no code is wasted. */
  async function findKeyToChange(
    call: DialectCall,
    { caller, context, keys }: CallerSession,
    operation: KeyOperation & StepUpOperation,
  ): Promise<string> {
    assertRole(context, operation);
    const { id } = await keys.get(context, parsePathId(call.params['id'] ?? ''));
    await secondFactor.check(call, caller, operation);
    return id;
  }

  function presentWithSecret(
    { changed, isReplay }: RepeatableResult,
    status: number,
    message: string,
  ): DialectAnswer {
    const { token } = changed;
    const api_secret = typeof token === 'string' ? extractSecret(token) : null;
    const data = { ...presentKey(changed.record, host.clock.now()), api_secret };
    const warning = api_secret === null ? shownBefore : secretWarning;
    const answer = answerChange(changed, { ...createSuccess(message), warning, data }, status);
    return isReplay ? { ...answer, headers: { ...answer.headers, 'Idempotency-Replayed': 'true' } } : answer;
  }

  return {
    async create(call, { caller, context, keys }) {
      const body = await call.body();
      const { name, permissions, expiresAt } = readNewKey(body, keyspace.keyspace, host.clock.now());
      const once = parseIdempotencyKey(readHeader(call.req, 'idempotency-key'));
      assertRole(context, 'create');
      await secondFactor.check(call, caller, 'create');
      const input = {
        ...{ name, tokenLifetimeSeconds: options.tokenLifetimeSeconds },
        ...(permissions === null ? {} : { scopes: permissions }),
        ...(expiresAt === null ? {} : { expiresAt: new Date(expiresAt).toISOString() }),
      };
      // Repetitions are recognized by what was sent: days are counted from another moment then, and codes differ.
      const { two_factor_token: _code, ...asked } = body ?? {};
      const result =
        once === undefined
          ? { changed: await keys.create(context, input), isReplay: false }
          : await keys.createOnce(context, once, input, asked);
      return presentWithSecret(result, options.createdStatus, 'API key generated successfully');
    },

    async list(call, { context, keys }) {
      const records: ApiKeyRecord[] = [];
      const repeatableInput = call.query()['cursor'];
      let cursor: string | null = typeof repeatableInput === 'string' ? repeatableInput : null;
      do {
        const filter = {
          limit: Math.min(100, listLength - records.length),
          ...(cursor === null ? {} : { cursor }),
        };
        const { items, nextCursor } = await keys.list(context, filter);
        records.push(...items);
        cursor = nextCursor;
      } while (cursor !== null && records.length < listLength);
      const now = host.clock.now();
      const data = { keys: records.map((record) => presentKey(record, now)), next_cursor: cursor };
      return { status: 200, body: { ...createSuccess('API keys retrieved successfully'), data } };
    },

    async get(call, { context, keys }) {
      const record = await keys.get(context, parsePathId(call.params['id'] ?? ''));
      const data = presentKey(record, host.clock.now());
      return { status: 200, body: { ...createSuccess('API key retrieved successfully'), data } };
    },

    async revoke(call, known) {
      const id = await findKeyToChange(call, known, 'revoke');
      const changed = await known.keys.revoke(known.context, id);
      const {
        id: keyId,
        key_id,
        status,
        is_revoked,
        revoked_at,
      } = presentKey(changed.record, host.clock.now());
      const data = { id: keyId, key_id, status, is_revoked, revoked_at };
      return answerChange(changed, { ...createSuccess('API key revoked successfully'), data });
    },

    async rotate(call, known) {
      readNothing(await call.body());
      const once = parseIdempotencyKey(readHeader(call.req, 'idempotency-key'));
      const id = await findKeyToChange(call, known, 'rotate');
      const { context, keys } = known;
      const result =
        once === undefined
          ? { changed: await keys.rotate(context, id, {}), isReplay: false }
          : await keys.rotateOnce(context, once, id, {});
      return presentWithSecret(result, 200, 'API key rotated successfully');
    },

    async setPermissions(call, known) {
      const scopes = readPermissions(await call.body(), catalogue);
      const id = await findKeyToChange(call, known, 'update');
      const changed = await known.keys.update(known.context, id, { scopes });
      const data = presentKey(changed.record, host.clock.now());
      return answerChange(changed, { ...createSuccess('API key permissions updated successfully'), data });
    },
  };
}

function createSuccess(message: string): object {
  return { status: 'success', success: true, message };
}
