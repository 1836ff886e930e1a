import { InvalidFieldError } from '../../domain/key-fields.js';
import { maxSessions } from './public-auth.js';
import { createApplicationContext } from './application-context.js';
import { DeribitError, refuseParam } from './deribit-error.js';
import type { PublicMethod } from './deribit-method.js';
import { intersectScopes } from './deribit-scopes.js';
import { presentToken } from './present-token.js';
import { readOptionalParam, readRequiredParam, readString } from './read-param.js';
import { toDeribitTokenError } from './deribit-token-error.js';
import { checkSessionName, isTokenTerm, findSession } from './token-terms.js';

/** Issues tokens for a new session from a refresh token, which stays valid. The new session expires no later. */
export const forkToken: PublicMethod = {
  name: 'public/fork_token',
  prepare(context) {
    const { params, keyspace } = context;
    const refreshToken = readRequiredParam(params, 'refresh_token', readString);
    const name = readRequiredParam(params, 'session_name', readSessionName);
    const state = readOptionalParam(params, 'state', readString);
    return async () => {
      const tokens = keyspace.tokens();
      const changes = createApplicationContext(context);
      try {
        const chain = await tokens.findChain(changes, refreshToken);
        if (findSession(chain.scopes) === null) refuseParam('refresh_token', 'must be of a session');
        const others = chain.scopes.filter((item) => isTokenTerm(item) && !item.startsWith('session:'));
        const items = [...intersectScopes(chain.scopes, chain.record.scopes), ...others, `session:${name}`];
        const issued = await tokens.issueRefreshable(chain, items.join(' '), {
          session: { name, max: maxSessions, context: changes },
          endsBy: chain.expiresAt,
        });
        return presentToken(issued, chain.record.features, state);
      } catch (error) {
        throw toDeribitTokenError(context, error, null);
      }
    };
  },
};

/** Tokens for a subaccount: owners have none here, so no number is ever found. */
export const exchangeToken: PublicMethod = {
  name: 'public/exchange_token',
  prepare(context) {
    const { params, keyspace } = context;
    const refreshToken = readRequiredParam(params, 'refresh_token', readString);
    readRequiredParam(params, 'subject_id', readSubjectId);
    return async () => {
      try {
        await keyspace.tokens().findChain(createApplicationContext(context), refreshToken);
      } catch (error) {
        throw toDeribitTokenError(context, error, null);
      }
      throw new DeribitError('not_found', { param: 'subject_id', reason: 'There are no subaccounts.' });
    };
  },
};

function readSessionName(value: unknown): string {
  const name = readString(value);
  checkSessionName(name);
  return name;
}

/** In a query it is a string. */
function readSubjectId(value: unknown): number {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number)) return number;
  throw new InvalidFieldError('must be a whole number');
}
