import { stopRequested } from './stop-requested.js';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { createApp, type OrdersService } from './app.js';
import { BadSettingError } from './bad-setting-error.js';
import { readSettings } from './config.js';
import { formatLinesToPaste } from './format-lines-to-paste.js';
import { describeAddress, listen } from './listen.js';
import { waitUntilReady } from './wait-until-ready.js';

const defaultDataDir = fileURLToPath(new URL('../.data', import.meta.url));
const maxRequestMs = 10_000;

/** Waits for requests in flight, then closes the connections to the database and Redis. */
async function stop(server: Server, service: OrdersService): Promise<void> {
  setTimeout(() => server.closeAllConnections(), maxRequestMs).unref();
  // Otherwise an idle keep-alive connection would stay open for seconds.
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

  void stopRequested.then(() => stop(server, service)).then(() => process.exit(0), exitWithError);
  await waitUntilReady(service, settings);
  console.log(formatLinesToPaste(settings));
}

/** For an invalid setting the operator needs only the message; any other error is printed in full. */
function exitWithError(error: unknown): never {
  console.error(error instanceof BadSettingError ? error.message : error);
  process.exit(1);
}

await main().catch(exitWithError);
