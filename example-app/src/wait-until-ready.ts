import type { OrdersService } from './app.js';
import type { Settings } from './config.js';

const pauseMs = 2_000;

/**
 * Keeps trying while the database cannot be opened: `/health` is up, `/ready` says 503 until then. Why it cannot is said
 * once, and again when it changes.
 */
export async function waitUntilReady(service: OrdersService, { database }: Settings): Promise<void> {
  const advice = database.startsWith('file:')
    ? `check the file ${database.slice('file:'.length)}`
    : 'check DATABASE_URL';
  let said = '';
  for (;;) {
    try {
      return await service.ready();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message !== said) console.error(`API keys are not ready: ${message}; ${advice}. Trying again.`);
      said = message;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
}
