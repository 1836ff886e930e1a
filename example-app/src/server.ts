import { stopRequested } from './stop-requested.js';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { createApp, type OrdersService } from './app.js';
import { BadSettingError } from './bad-setting-error.js';
import { readSettings } from './config.js';
import { linesToPaste } from './lines-to-paste.js';
import { describeAddress, listen } from './listen.js';
import { waitUntilReady } from './wait-until-ready.js';

const defaultDataDir = fileURLToPath(new URL('../.data', import.meta.url));
const longestRequestMs = 10_000;

/** Lets requests that have begun finish, then lets go of database and Redis. */
async function stop(server: Server, service: OrdersService): Promise<void> {
  setTimeout(() => server.closeAllConnections(), longestRequestMs).unref();
  // A connection whose last request was answered would otherwise stay open for seconds.
  setInterval(() => server.closeIdleConnections(), 50).unref();
  server.close();
  await once(server, 'close');
  await service.close();
}

async function main(): Promise<void> {
  const settings = readSettings(process.env, defaultDataDir);
  const service = createApp(settings);
  const server = createServer(service.app);
  await listen(server, settings);
  console.log(describeAddress(settings));

  void stopRequested.then(() => stop(server, service)).then(() => process.exit(0), endWith);
  await waitUntilReady(service, settings);
  console.log(linesToPaste(settings));
}

/** Whoever started this reads what to set; anything else that goes wrong is shown whole. */
function endWith(error: unknown): never {
  console.error(error instanceof BadSettingError ? error.message : error);
  process.exit(1);
}

await main().catch(endWith);
