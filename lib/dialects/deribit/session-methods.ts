import { InvalidFieldError } from '../../domain/key-fields.js';
import { maxSessions } from './auth.js';
import { changesBy } from './changes-by.js';
import { DeribitError, invalidParam } from './deribit-error.js';
import type { PrivateMethod, PublicMethod } from './deribit-method.js';
import { narrowedScopes } from './deribit-scopes.js';
import { presentToken } from './present-token.js';
import { optionalParam, requiredParam, text } from './read-param.js';
import { tokenFailure } from './token-failure.js';
import { checkSessionName, isTokenTerm, sessionOf } from './token-terms.js';

/** Gives tokens for another session than that of a refresh token, which stays good. The new session ends no later. */
export const forkToken: PublicMethod = {
  name: 'public/fork_token',
  prepare(context) {
    const { params, keyspace } = context;
    const refreshToken = requiredParam(params, 'refresh_token', text);
    const name = requiredParam(params, 'session_name', sessionName);
    const state = optionalParam(params, 'state', text);
    return async () => {
      const tokens = keyspace.tokens();
      const changes = changesBy(context);
      try {
        const chain = await tokens.findChain(changes, refreshToken);
        if (sessionOf(chain.scopes) === null) invalidParam('refresh_token', 'must be of a session');
        const others = chain.scopes.filter((item) => isTokenTerm(item) && !item.startsWith('session:'));
        const items = [...narrowedScopes(chain.scopes, chain.record.scopes), ...others, `session:${name}`];
        const issued = await tokens.issueRefreshable(chain, items.join(' '), {
          session: { name, most: maxSessions, context: changes },
          endsBy: chain.expiresAt,
        });
        return presentToken(issued, chain.record.features, state);
      } catch (error) {
        throw tokenFailure(context, error, null);
      }
    };
  },
};

/** Tokens for another subaccount: an owner has none here, so there is never one of that number. */
export const exchangeToken: PublicMethod = {
  name: 'public/exchange_token',
  prepare(context) {
    const { params, keyspace } = context;
    const refreshToken = requiredParam(params, 'refresh_token', text);
    requiredParam(params, 'subject_id', subjectId);
    return async () => {
      try {
        await keyspace.tokens().findChain(changesBy(context), refreshToken);
      } catch (error) {
        throw tokenFailure(context, error, null);
      }
      throw new DeribitError('not_found', { param: 'subject_id', reason: 'There are no subaccounts.' });
    };
  },
};

/** Ends a connection, which HTTP does not have. */
export const logout: PrivateMethod = {
  name: 'private/logout',
  ...{ scope: null, tfa: false, needsParams: false },
  prepare() {
    throw new DeribitError('must_be_websocket_request');
  },
};

function sessionName(value: unknown): string {
  const name = text(value);
  checkSessionName(name);
  return name;
}

/** In a query it is a text. */
function subjectId(value: unknown): number {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number)) return number;
  throw new InvalidFieldError('must be a whole number');
}
