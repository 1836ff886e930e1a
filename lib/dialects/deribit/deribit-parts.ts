import { InvalidOptionError } from '../../errors.js';
import type { DeribitMethod, DeribitParts } from './deribit-method.js';
import type { CheckSecondFactor } from './second-factor.js';

/**
 * Where a router keeps what its connections over WebSocket share with it. A registered symbol: an app may load the entry of the
 * dialects as different kinds of modules.
 */
export const deribitParts: unique symbol = Symbol.for('express-api-keys.deribit-parts');

/** What a router and its connections share. */
export interface SharedDeribitParts extends DeribitParts {
  readonly methods: readonly DeribitMethod[];
  readonly checkSecondFactor: CheckSecondFactor;
}

/** @throws InvalidOptionError for anything that `deribitRouter` did not return */
export function getDeribitParts(router: unknown): SharedDeribitParts {
  const parts = (router as { readonly [deribitParts]?: SharedDeribitParts } | null | undefined)?.[
    deribitParts
  ];
  if (parts !== undefined) return parts;
  throw new InvalidOptionError(
    'deribitWebSocket: takes a server and what deribitRouter returned, for example ' +
      'deribitWebSocket(server, router, { app })',
  );
}
