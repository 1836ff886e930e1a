// @ts-check
// The process under measurement: every variant is a route of it, so that all of them share its luck.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import express from 'express';
import express4 from 'express4';
import { manyKeysRoutes, ownRoutes } from './own-routes.mjs';
import { peerRoutes } from './peer-routes.mjs';

/** @type {{ set: 'usual' | 'many-keys' } & Omit<import('./own-routes.mjs').Servers, 'folder'>} */
const { set, ...servers } = JSON.parse(process.env.BENCH_SERVERS ?? '');
const folder = mkdtempSync(join(tmpdir(), 'api-keys-bench-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

const own =
  set === 'usual' ? await ownRoutes({ folder, ...servers }) : await manyKeysRoutes({ folder, ...servers });
const peers =
  set === 'usual'
    ? await peerRoutes({ folder, ...servers })
    : { routes: {}, missing: [], close: async () => {} };

/** @type {express.RequestHandler} */
const answer = (_req, res) => void res.json({ orders: [] });
const routes = { ...own.routes, ...peers.routes };
/** An app for each, because a router with all of them finds the last one later than the first. */
const apps = new Map(
  Object.entries(routes).map(([name, { guard }]) => [
    `/${name}`,
    express().get(`/${name}`, ...(guard === undefined ? [] : [guard]), answer),
  ]),
);
/** @type {import('node:http').RequestListener} */
const dispatch = (req, res) => {
  const app = apps.get(req.url ?? '');
  if (app === undefined) res.writeHead(404).end();
  else app(req, res);
};
const app4 = express4();
app4.get('/bare-express4', (_req, res) => void res.json({ orders: [] }));

const listening = [dispatch, app4].map((each) => createServer(each).listen(0, '127.0.0.1'));
await Promise.all(listening.map((server) => once(server, 'listening')));
const [origin, origin4] = listening.map((server) => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return `http://127.0.0.1:${port}`;
});

/** @type {Record<string, import('./measured-process.mjs').Target>} */
const targets = {};
for (const [name, { keyFile, signersFile, order = 'in-turn', status = 200 }] of Object.entries(routes)) {
  targets[name] = { url: `${origin}/${name}`, keyFile, signersFile, order, expect: status };
}
if (targets.bare !== undefined) {
  targets['bare-express4'] = { ...targets.bare, url: `${origin4}/bare-express4` };
}

const loopResolutionMs = 2;
const loopDelay = monitorEventLoopDelay({ resolution: loopResolutionMs });
loopDelay.enable();

/** Answers what was used since the start, and how late timers were since the last question. */
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  const lateMicros = Math.max(0, loopDelay.percentile(99) / 1000 - loopResolutionMs * 1000);
  loopDelay.reset();
  process.send?.({ cpuMicros: user + system, loopDelayMicros: lateMicros });
});

async function stop() {
  for (const server of listening) {
    server.close();
    server.closeAllConnections();
  }
  await Promise.all([own.close(), peers.close()]);
  process.exit();
}
process.once('SIGTERM', () => void stop());
process.once('disconnect', () => process.exit());
process.send?.({ targets, missing: peers.missing });
