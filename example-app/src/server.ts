import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { createApp, type OrdersService } from './app.js';
import { BadSettingError, readSettings, type Settings } from './config.js';
import { linesToPaste } from './lines-to-paste.js';

const defaultDataDir = fileURLToPath(new URL('../.data', import.meta.url));
const longestRequestMs = 10_000;

/** Reads the settings; ends the process with what is wrong when they cannot be used. */
function settingsOrEnd(): Settings {
  try {
    return readSettings(process.env, defaultDataDir);
  } catch (error) {
    if (!(error instanceof BadSettingError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}

async function listen(server: Server, { port, host }: Settings): Promise<void> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    console.error(`Cannot listen on ${host}:${port} (${reason}); set PORT to a free port, as in PORT=3001`);
    process.exit(1);
  }
}

/** Keeps trying while the database cannot be reached: `/health` is up, `/ready` says 503 until then. */
async function waitUntilReady(service: OrdersService): Promise<void> {
  for (;;) {
    try {
      return await service.ready();
    } catch (error) {
      console.error(`API keys are not ready: ${error instanceof Error ? error.message : String(error)}`);
      await new Promise((resolve) => setTimeout(resolve, 2_000));
    }
  }
}

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
  const settings = settingsOrEnd();
  const service = createApp(settings);
  const server = createServer(service.app);
  await listen(server, settings);

  let stopping: Promise<void> | undefined;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      // Ctrl-C reaches this process from the terminal and again from npm.
      stopping ??= stop(server, service).then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error);
          process.exit(1);
        },
      );
    });
  }

  console.log(`Listening on ${settings.publicUrl}`);
  await waitUntilReady(service);
  console.log(linesToPaste(settings));
}

await main();
