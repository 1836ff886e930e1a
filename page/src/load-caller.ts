import { ProblemError, type AdminClient } from './admin-client.js';
import type { Caller } from './records.js';

/** What holds until it is known who is signed in. */
export const unknownCaller: Caller = {
  ...{ kind: 'owner', ownerId: '', address: null, may: ['create', 'update', 'rotate', 'revoke'] },
  ...{
    environments: [],
    environment: null,
    credentialHeaders: [],
    suspendedAt: null,
    plan: null,
    plans: null,
    tokenLifetimeSeconds: null,
  },
};

/** Loads who is signed in. A router that does not say it is sent everything, and refuses what is not allowed. */
export async function loadCaller(client: AdminClient, signal: AbortSignal): Promise<Caller> {
  try {
    return { ...unknownCaller, ...(await client.get<Partial<Caller>>('/caller', {}, signal)) };
  } catch (error) {
    if (error instanceof ProblemError && error.problem.status === 404) return unknownCaller;
    throw error;
  }
}
