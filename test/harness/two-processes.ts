import { startRedis } from '../servers/redis.cjs';
import { makeOwnDatabase } from './own-database.js';
import { startOrders, type OrdersEnvironment, type OrdersProcess } from './start-orders.js';

/** Where two processes share their keys. */
export const sharedPlaces = ['one SQLite file', 'PostgreSQL', 'PostgreSQL and Redis'] as const;
export type SharedPlace = (typeof sharedPlaces)[number];

/** Two processes of the small app on one database. */
export interface TwoProcesses {
  readonly one: OrdersProcess;
  readonly two: OrdersProcess;
  /** What both were started with, for a third one. */
  readonly environment: OrdersEnvironment;
  /** Ends both, and takes away what they shared. */
  stop(): Promise<void>;
}

/** Starts both on a database of their own, and a Redis of their own where one belongs to it. */
export async function startTwoProcesses(place: SharedPlace): Promise<TwoProcesses> {
  const database = await makeOwnDatabase(place === 'one SQLite file' ? 'SQLite' : 'PostgreSQL');
  const redis = place === 'PostgreSQL and Redis' ? await startRedis() : null;
  const environment: OrdersEnvironment = {
    DATABASE_URL: database.url,
    ...(redis === null ? {} : { REDIS_URL: redis.aclUrl }),
  };
  // Both at once: each may find that it is the one to make the tables.
  const [one, two] = await Promise.all([startOrders(environment), startOrders(environment)]);
  return {
    one,
    two,
    environment,
    async stop() {
      await Promise.all([one.stop(), two.stop()]);
      await redis?.stop();
      await database.remove();
    },
  };
}
