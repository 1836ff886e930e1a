import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInstance } from '../../lib/instance/create-instance.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import { fixedClock, memoryStore } from '../../lib/testing/index.js';
import { testPepper } from '../harness/instance.js';
import { chooseForTier } from '../harness/test-tier.js';
import { theApp } from '../harness/the-app.js';
import { ChildrenSequence } from './children-sequence.js';
import * as model from './model-of-children.js';

jest.setTimeout(900_000);

function startInstance(options: object) {
  const clock = fixedClock(Date.UTC(2026, 5, 1));
  const instance = createInstance(
    resolveOptions({
      prefix: 'acme',
      scopes: model.catalogue,
      features: model.features,
      resources: { project: 'A project' },
      plans: model.plans,
      defaultPlan: 'all',
      pepper: testPepper,
      bcryptCost: 8,
      clock,
      tokens: { issuer: 'http://127.0.0.1', lifetimeSeconds: 86_400, algorithm: 'HS256' },
      signatures: { origin: 'http://api.example' },
      logger: { warn: () => undefined, error: () => undefined },
      ...options,
    }),
  );
  return { instance, clock };
}

/** How often each operation was done and refused, by the kind of the actor; and how often each verdict was reached. */
const tally = new Map<string, number>();
const count = (what: string): void => void tally.set(what, (tally.get(what) ?? 0) + 1);

const perInstance = 50;
const steps = 10;
const total = chooseForTier({ fast: 100, slow: 500, whole: 1_500 });
const onSqlite = chooseForTier({ fast: 4, slow: 15, whole: 40 });

/** Runs sequences, each with owners of its own. */
async function runAll(
  options: object,
  first: number,
  last: number,
  mayWait: boolean,
): Promise<{ readonly isTrailValid: boolean }> {
  const { instance, clock } = startInstance(options);
  const running = await instance.ready();
  try {
    for (let seed = first; seed <= last; seed += 1) {
      await new ChildrenSequence(running, clock, seed, count).run(steps, mayWait);
    }
    const { valid } = await running.audit.verify(
      { actor: theApp, address: null, requestId: null, managementScope: null },
      {},
    );
    return { isTrailValid: valid };
  } finally {
    await instance.close();
  }
}

/** Each of these was reached in a tenth of the sequences, or more often. */
const often = [
  ...['create', 'update'].flatMap((operation) => [
    `${operation} by a key done`,
    `${operation} by a key refused`,
    `${operation} by a token refused`,
    `${operation} by the owner refused`,
  ]),
  ...['update by the owner done', 'rotate by a key refused', 'depth 5 done', 'depth 6 refused', 'foreign'],
  ...['suspend', 'plan some', 'token done'],
  ...['allowed', 'insufficient_scope', 'feature_not_enabled', 'resource_not_allowed'].map(
    (code) => `child ${code}`,
  ),
  ...['rate_limited', 'credits_exhausted', 'key_revoked', 'key_disabled', 'unproven'].map(
    (code) => `child ${code}`,
  ),
];
/** And each of these in a hundredth. */
const seldom = [
  ...['read', 'revoke', 'rotate'].flatMap((operation) => [
    `${operation} by a key done`,
    `${operation} by a key refused`,
    `${operation} by a token refused`,
    `${operation} by the owner done`,
    `${operation} by the owner refused`,
  ]),
  ...[
    'create by a token done',
    'update by a token done',
    'create by the owner done',
    'read by a token done',
    'revoke by a token done',
    'update by the app done',
  ],
  ...[
    'resume',
    'plan all',
    'token refused',
    'wait',
    'child key_expired',
    'child owner_suspended',
    ...['scopes', 'features', 'projects', 'key_revoked', 'key_disabled'].map((name) => `lost ${name}`),
  ],
];

describe('random sequences of changes of keys and of the keys that they have made', () => {
  it(`give nothing beyond (${total} sequences in memory)`, async () => {
    for (let first = 1; first <= total; first += perInstance) {
      const last = Math.min(first + perInstance - 1, total);
      // In some, time passes: then nothing is cached for a while.
      await runAll({ store: memoryStore() }, first, last, first % (4 * perInstance) === 1);
    }
    const seen = (names: readonly string[], share: number): string[] =>
      names.filter((name) => (tally.get(name) ?? 0) < total / share);
    expect({ often: seen(often, 10), seldom: seen(seldom, 100) }).toEqual({ often: [], seldom: [] });
  });

  it('give nothing beyond on SQLite', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'children-model-'));
    const options = { database: `file:${join(folder, 'keys.db')}` };
    expect(await runAll(options, 1, onSqlite, false)).toEqual({ isTrailValid: true });
    rmSync(folder, { recursive: true });
  });
});
