import { InvalidFieldError } from '../../../domain/key-fields.js';
import type { DeribitMethod, PrivateMethod, PublicMethod } from '../deribit-method.js';
import { publicAuth } from '../public-auth.js';
import { readBoolean, readOptionalParam, readRequiredParam } from '../read-param.js';
import type { ConnectionSession } from './connection-session.js';
import type { Heartbeat } from './heartbeat.js';

/** Documented: "interval in seconds, but not less than 10". */
const minHeartbeatSeconds = 10;
const maxHeartbeatSeconds = 3600;

/** What the methods of one connection act on. */
export interface ConnectionMethodParts {
  readonly session: ConnectionSession;
  readonly heartbeat: Heartbeat;
  /** Closes the connection without an answer. */
  readonly leave: () => void;
}

/** Builds the methods of one connection: those that HTTP does not have, and `public/auth`, which authenticates it. */
export function createConnectionMethods({
  session,
  heartbeat,
  leave,
}: ConnectionMethodParts): readonly DeribitMethod[] {
  const auth: PublicMethod = {
    name: publicAuth.name,
    prepare(context) {
      const run = publicAuth.prepare(context);
      return async () => {
        const answer = await run();
        await session.begin(context, answer.result);
        return answer;
      };
    },
  };

  /** Documented: it ends the connection, and its tokens unless they are to stay. */
  const logout: PrivateMethod = {
    name: 'private/logout',
    ...{ scope: null, tfa: false, needsParams: false },
    prepare({ params }) {
      const endsTokens = readOptionalParam(params, 'invalidate_token', readBoolean) ?? true;
      return async () => {
        if (endsTokens) await session.revoke();
        else session.keep();
        leave();
        return { result: 'ok' };
      };
    },
  };

  const setHeartbeat: PublicMethod = {
    name: 'public/set_heartbeat',
    prepare({ params }) {
      const seconds = readRequiredParam(params, 'interval', readInterval);
      return () => {
        heartbeat.start(seconds);
        return Promise.resolve({ result: 'ok' });
      };
    },
  };

  const disableHeartbeat: PublicMethod = {
    name: 'public/disable_heartbeat',
    prepare: () => () => {
      heartbeat.stop();
      return Promise.resolve({ result: 'ok' });
    },
  };

  return [auth, logout, setHeartbeat, disableHeartbeat];
}

function readInterval(value: unknown): number {
  if (typeof value === 'number' && value >= minHeartbeatSeconds && value <= maxHeartbeatSeconds) return value;
  throw new InvalidFieldError(`must be seconds from ${minHeartbeatSeconds} to ${maxHeartbeatSeconds}`);
}
