// @ts-check
'use strict';

/** What belongs to `npm run test:slow` and is not in `npm test`: by what it needs, and by what it takes. */
const slow = [
  // Fleets of processes, faults, and Redis in its larger forms.
  'test/faults/**/*.test.ts',
  'test/redis/forms/*.test.ts',
  'test/servers/servers.test.ts',
  'test/contracts/isolation.test.ts',
  'test/process-lifetime.test.ts',
  'test/sql/{bounded-statements,clocks-ahead,disk-waits,host-pool,lagging-nonces,late-commits,lazy-commits,postgres-outage,postgres-feed,postgres-standby,slow-statements}.test.ts',
  'test/feed/{confirmations,idle-processes}.test.ts',
  'test/flows/{erasure-of-waiting-writes,quiet-processes,repeated-revocations,*-over-two-processes,forward-auth-proxies,behind-nginx}.test.ts',
  // The documents, followed step by step.
  'test/docs/{walkthroughs,own-servers,code-blocks}.test.ts',
  'test/example-app/process.test.ts',
  // Debian's Prometheus scrapes the example app.
  'test/metrics/prometheus-server.test.ts',
  // Programs in other languages and of others, started as processes, and what bundlers make.
  'test/crypto/worker-in-builds.test.ts',
  'test/dialects/{run-sample,swagger-client,deribit-heartbeat,deribit-web-socket,ccxt}.test.ts',
  'test/{signatures,tokens}/foreign-clients.test.ts',
  'test/middleware/{mcp-sdk-example,mcp-version-2,nestjs,routes-of-others}.test.ts',
  'test/admin/generated-clients.test.ts',
  'test/cli/{connections,doctor,interrupted-import,program,doctor-processes,completion-shells,terminal,leaked-key,operator-mistakes}.test.ts',
  'test/moving/*.test.ts',
  'test/recipes/{better-auth,django,sanctum,unkey}.test.ts',
  // Floods, and what is measured over many repetitions.
  'test/events/{callbacks,idle-queues,killed-processes,queue-worker,webhooks}.test.ts',
  'test/flows/housekeeping.test.ts',
  'test/audit/{spray,verify-trail,erased-trail,trimmed-trail,parallel-writers}.test.ts',
  'test/manage/revoke-all-keys.test.ts',
  'test/redis/{replay-guard,redis-outages,redis-refusals}.test.ts',
  'test/flows/{audit-retention,bounded-lists,children-variants,crowded-changes,erased-owners,failing-background-writes,filtered-lists,flood-of-foreign-strings,idempotency,imported-slow-keys,interrupted-imports,max-idle,policies,usage}.test.ts',
  'test/security/{below-its-maker,failure-budget,sql-injection,unauthenticated-work,written-down}.test.ts',
  'test/admin/{openapi-agreement,owner-isolation}.test.ts',
  'test/tokens/{failed-clients,bounded-rows}.test.ts',
  'test/verify/{credits-races,negative-cache,limits-over-processes}.test.ts',
];

/** These are in both: in `npm test` in a small form. See `test/harness/test-tier.ts`. */
const floods = [
  'test/flows/budgets-of-children.test.ts',
  'test/flows/removed-keys.test.ts',
  'test/manage/actor-model.test.ts',
  'test/manage/children-model.test.ts',
  'test/sql/postgres-flood.test.ts',
];

/** Files that run on Express 4 as well in `npm test`: what they test can differ there. */
const onExpress4 = ['test/**/*.express.test.ts', 'test/house/express-major.test.ts'];

/** The other files that speak HTTP run on Express 4 in `npm run test:slow`. */
const alsoOnExpress4 = ['test/{middleware,admin,flows,security,dialects}/**/*.test.ts'];
/**
 * Nothing of Express in them, or processes that bring their own, or what decides is below it: many repetitions in the store, in
 * Redis or between processes, whose doors other files try on both majors.
 */
const neverOnExpress4 = [
  'test/flows/{repeated-revocations,idempotency,bounded-lists,filtered-lists,audit-retention,max-idle,erased-owners}.test.ts',
  'test/flows/{removed-keys,budgets-of-children,imported-slow-keys,flood-of-foreign-strings,usage}.test.ts',
  'test/security/{sql-injection,below-its-maker,written-down,unauthenticated-work,failure-budget}.test.ts',
  'test/admin/openapi-agreement.test.ts',
  'test/middleware/{nestjs,routes-of-others}.test.ts',
  'test/admin/generated-clients.test.ts',
  'test/flows/{quiet-processes,two-processes,*-over-two-processes,forward-auth-proxies,behind-nginx,interrupted-imports,load,housekeeping,children-variants,crowded-changes,failing-background-writes}.test.ts',
  'test/dialects/{ccxt,deribit-heartbeat,deribit-web-socket-flow}.test.ts',
  'test/dialects/{seed-documents,run-sample,schema-of-answer,swagger-client,contract-rows}.test.ts',
  'test/dialects/{deltadefi,deribit,nebula,yativo}-{seed,document,bech32,flow,scopes}.test.ts',
];

/** In `npm run test:slow`, by themselves: they compare how much two loads get done, which whatever runs beside them decides. */
const alone = ['test/flows/load.test.ts'];

/** Minutes each, the longest first: a run begins with them. */
const longest = [
  'test/flows/flood-of-foreign-strings.test.ts',
  'test/events/killed-processes.test.ts',
  'test/manage/children-model.test.ts',
  'test/manage/actor-model.test.ts',
  'test/process-lifetime.test.ts',
  'test/contracts/key-store.test.ts',
  'test/flows/quiet-processes.test.ts',
  'test/flows/repeated-revocations.test.ts',
  'test/audit/verify-trail.test.ts',
  'test/contracts/isolation.test.ts',
  'test/docs/code-blocks.test.ts',
  'test/faults/sabotages.test.ts',
  'test/example-app/process.test.ts',
  'test/manage/revoke-all-keys.test.ts',
  'test/tokens/bounded-rows.test.ts',
  'test/page/states.test.ts',
  'test/faults/seeds.test.ts',
  'test/flows/two-processes.test.ts',
  'test/types/compiler.test.ts',
];

/** In `npm run test:faults` with all their sequences and kills, and in the other tiers with some of them. */
const alsoInWholeRun = ['test/events/killed-processes.test.ts', 'test/manage/{actor,children}-model.test.ts'];
/** Part of `npm run test:faults` only. */
const wholeRunOnly = ['test/**/*.slow.test.ts'];
const inGo = ['test/dialects/*.go.test.ts'];
const ofPackage = ['test/package/*.test.ts', 'test/apps/*.test.ts'];
/** In a browser, Debian's Chromium: a project of its own in `npm run test:slow`. */
const inBrowser = ['test/page/*.test.ts'];
/** The one test of the packed package in `npm test`. */
const packageSmoke = ['test/package/smoke.test.ts'];

module.exports = {
  slow,
  alone,
  floods,
  longest,
  alsoInWholeRun,
  onExpress4,
  alsoOnExpress4,
  neverOnExpress4,
  wholeRunOnly,
  inGo,
  ofPackage,
  packageSmoke,
  inBrowser,
};
