import type { OrdersService } from './app.js';
import type { Settings } from './config.js';

const pauseMs = 2_000;

/**
 * Retries while the database cannot be opened; until then `/health` is up and `/ready` answers 503. The reason is logged
 * once, and again when it changes.
 */
export async function waitUntilReady(service: OrdersService, { database }: Settings): Promise<void> {
  const advice = database.startsWith('file:')
    ? `check the file ${database.slice('file:'.length)}`
    : 'check DATABASE_URL';
  let lastLogged = '';
  for (;;) {
    try {
      return await service.ready();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message !== lastLogged) console.error(`API keys are not ready: ${message}; ${advice}. Retrying.`);
      lastLogged = message;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
