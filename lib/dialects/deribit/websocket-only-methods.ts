import { DeribitError } from './deribit-error.js';
import type { DeribitMethod } from './deribit-method.js';

/** The methods about a connection, which HTTP does not have. Over WebSocket, others of the same names take their place. */
export const webSocketOnlyMethods: readonly DeribitMethod[] = [
  { name: 'private/logout', ...{ scope: null, tfa: false, needsParams: false }, prepare: refuseOverHttp },
  { name: 'public/set_heartbeat', prepare: refuseOverHttp },
  { name: 'public/disable_heartbeat', prepare: refuseOverHttp },
];

function refuseOverHttp(): never {
  throw new DeribitError('must_be_websocket_request');
}
