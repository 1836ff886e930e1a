import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiKeys, type ApiKey, type ApiKeysError, type ApiKeysOptions } from '../../lib/index.js';
import type { ActorGrants } from '../../lib/domain/actor-grants.js';
import type { ActorRole } from '../../lib/domain/actor-role.js';
import { fixedClock, memoryStore } from '../../lib/testing/index.js';
import { testPepper } from '../harness/instance.js';
import { chooseForTier } from '../harness/test-tier.js';
import { theApp } from '../harness/the-app.js';

jest.setTimeout(900_000);

/** Everything that a scope can stand for: the catalogue, and two scopes that it may get later. */
const universe = ['orders:read', 'orders:write', 'users:read', 'orders:later', 'later:read'];
const catalogue = { 'orders:read': 'Read', 'orders:write': 'Write', 'users:read': 'Users' } as const;
const features = { export: 'Export', beta: 'Beta' } as const;
const written = [...Object.keys(catalogue), 'orders:*', '*'];
const ends = [null, Date.UTC(2027, 0, 1), Date.UTC(2028, 0, 1)];
const limits = [5, 50, 500];
const now = Date.UTC(2026, 5, 1);
/** What keys can be bound to; `null`: to nothing. */
const bindings = [null, null, ['p1'], ['p2', 'p3'], ['p1', 'p2'], ['p3']];
/** The plan `some` includes two projects, and one of the ends above. */
const plans = { all: {}, some: { resources: { project: ['p1', 'p2'] }, maxLifetimeDays: 365 } } as const;
type PlanName = keyof typeof plans;
const ofPlan = {
  all: { projects: null, end: null },
  some: { projects: ['p1', 'p2'], end: now + 365 * 24 * 60 * 60 * 1000 },
} as const;
/** With this scope, keys manage keys at a router of the app. */
const managementScope = 'users:read';
/** Keys with public keys need no slow hash. */
const publicKeys = Array.from({ length: 4 }, () =>
  generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString(),
);

/** The fields of a key that carry rights, as simple as they can be written down. */
interface Rights {
  readonly scopes: readonly string[];
  readonly features: readonly string[];
  /** The limit of the only window; `null`: unlimited. */
  readonly limit: number | null;
  readonly credits: number | null;
  readonly enabled: boolean;
  readonly end: number | null;
  /** The projects that it is bound to; `null`: to none. */
  readonly projects: readonly string[] | null;
}

interface Person {
  readonly kind: 'owner';
  readonly ownerId: string;
  readonly memberId: string;
  readonly role?: ActorRole;
  readonly grants?: ActorGrants;
}

/** mulberry32. */
function createRandom(seed: number) {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const chance = (p: number): boolean => next() < p;
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
  const some = <T>(list: readonly T[]): T[] => list.filter(() => chance(0.5));
  return { chance, pick, some };
}
type Random = ReturnType<typeof createRandom>;

const expand = (scopes: readonly string[]): string[] =>
  universe.filter((name) =>
    scopes.some(
      (each) => each === '*' || each === name || (each.endsWith(':*') && name.startsWith(each.slice(0, -1))),
    ),
  );
const isSubset = (some: readonly string[], all: readonly string[]): boolean =>
  some.every((each) => all.includes(each));
const atMost = (value: number | null, bound: number | null): boolean =>
  bound === null || (value !== null && value <= bound);

const isBoundWithin = (ids: readonly string[] | null, bound: readonly string[] | null): boolean =>
  bound === null || (ids !== null && isSubset(ids, bound));

/** A key that is bound to nothing reaches what the plan includes at the time. */
const namesOnly = (ids: readonly string[] | null, allowed: readonly string[] | null): boolean =>
  allowed === null || isSubset(ids ?? [], allowed);

const isWithinPlan = ({ projects, end }: Pick<Rights, 'projects' | 'end'>, plan: PlanName): boolean =>
  namesOnly(projects, ofPlan[plan].projects) && atMost(end, ofPlan[plan].end);

/** What a person may give, `null` standing for no bound. */
function boundsOf({ grants = {} }: Person) {
  return {
    scopes: grants.scopes === undefined ? universe : expand(grants.scopes),
    features: grants.features ?? Object.keys(features),
    limit: grants.limits?.rateLimits?.[0]?.limit ?? null,
    credits: grants.limits?.credits ?? null,
    projects: grants.resources?.['project'] ?? null,
  };
}

function isReachWithin(rights: Rights, person: Person): boolean {
  const bounds = boundsOf(person);
  return (
    atMost(rights.limit, bounds.limit) &&
    atMost(rights.credits, bounds.credits) &&
    isBoundWithin(rights.projects, bounds.projects)
  );
}

function isWithin(rights: Rights, person: Person): boolean {
  const bounds = boundsOf(person);
  return (
    isSubset(expand(rights.scopes), bounds.scopes) &&
    isSubset(rights.features, bounds.features) &&
    isReachWithin(rights, person)
  );
}

function mayCreate(rights: Rights, person: Person, plan: PlanName): boolean {
  return (
    !rights.scopes.some((scope) => scope.endsWith('*')) &&
    isWithin(rights, person) &&
    isWithinPlan(rights, plan)
  );
}

function mayChange(before: Rights, after: Rights, person: Person, plan: PlanName): boolean {
  const bounds = boundsOf(person);
  const differs = (name: keyof Rights): boolean =>
    JSON.stringify(before[name]) !== JSON.stringify(after[name]);
  if (differs('scopes') && after.scopes.some((scope) => scope.endsWith('*'))) return false;
  const isNarrower = (name: 'limit' | 'credits'): boolean =>
    after[name] !== null && atMost(after[name], before[name]);
  if (bounds.limit !== null && differs('limit') && !atMost(after.limit, bounds.limit) && !isNarrower('limit'))
    return false;
  if (bounds.credits !== null && differs('credits') && !isNarrower('credits')) return false;
  // What the key has already may stay on it.
  const { projects, end } = ofPlan[plan];
  if (projects !== null && differs('projects')) {
    if (!namesOnly(after.projects, [...projects, ...(before.projects ?? [])])) return false;
  }
  const endsLater = before.end !== null && !atMost(after.end, before.end);
  if (endsLater && !atMost(after.end, end)) return false;
  const isBackInUse =
    (after.enabled && !before.enabled) || endsLater || !isBoundWithin(after.projects, before.projects);
  if (isBackInUse) return isWithin(after, person);
  const isMoreGiven =
    !isSubset(expand(after.scopes), expand(before.scopes)) || !isSubset(after.features, before.features);
  // What is added applies to everything that the key reaches.
  if (isMoreGiven && !isReachWithin(after, person)) return false;
  return (
    isSubset(expand(after.scopes), [...bounds.scopes, ...expand(before.scopes)]) &&
    isSubset(after.features, [...bounds.features, ...before.features])
  );
}

const roleAllows = { read: 0, rotate: 1, revoke: 1, create: 2, update: 2 } as const;
const ranks = { viewer: 0, operator: 1, manager: 2 } as const;
const hasRole = ({ role = 'manager' }: Person, operation: keyof typeof roleAllows): boolean =>
  ranks[role] >= roleAllows[operation];

/** With the secret of a key that manages keys, anybody creates and changes keys. */
const mayHoldSecret = (person: Person, { scopes }: Pick<Rights, 'scopes'>): boolean =>
  hasRole(person, 'create') || !expand(scopes).includes(managementScope);

const drawRights = (random: Random, isApp: boolean): Rights => ({
  scopes: random.some(isApp || random.chance(0.1) ? written : Object.keys(catalogue)),
  features: random.some(Object.keys(features)),
  limit: random.pick([null, ...limits]),
  credits: random.pick([null, ...limits]),
  enabled: true,
  end: random.pick(ends),
  projects: random.pick(bindings),
});

function drawPerson(random: Random, ownerId: string, memberId: string): Person {
  const role = random.pick(['viewer', 'operator', 'manager', 'manager', undefined] as const);
  const window = { name: 'minute', limit: random.pick(limits), windowSeconds: 60 };
  const granted = {
    ...(random.chance(0.4) ? { rateLimits: [window] } : {}),
    ...(random.chance(0.4) ? { credits: random.pick(limits) } : {}),
  };
  const grants = {
    ...(random.chance(0.7) ? { scopes: random.some(written) } : {}),
    ...(random.chance(0.5) ? { features: random.some(Object.keys(features)) } : {}),
    ...(random.chance(0.7) ? { limits: granted } : {}),
    ...(random.chance(0.3) ? { resources: { project: random.some(['p1', 'p2', 'p3']) } } : {}),
  };
  return {
    kind: 'owner',
    ownerId,
    memberId,
    ...(role === undefined ? {} : { role }),
    ...(random.chance(0.9) ? { grants } : {}),
  };
}

const toInput = (rights: Partial<Rights>): object => ({
  ...(rights.scopes === undefined ? {} : { scopes: rights.scopes }),
  ...(rights.features === undefined ? {} : { features: rights.features }),
  ...(rights.limit === undefined
    ? {}
    : {
        rateLimits: rights.limit === null ? [] : [{ name: 'minute', limit: rights.limit, windowSeconds: 60 }],
      }),
  ...(rights.credits === undefined
    ? {}
    : { credits: rights.credits === null ? null : { remaining: rights.credits } }),
  ...(rights.enabled === undefined ? {} : { enabled: rights.enabled }),
  ...(rights.projects === undefined
    ? {}
    : { resources: rights.projects === null ? null : { project: rights.projects } }),
  ...(rights.end === undefined ? {} : { expiresAt: rights.end === null ? null : new Date(rights.end) }),
});

const toRights = (key: ApiKey): Rights => ({
  scopes: key.scopes,
  features: key.features,
  limit: key.rateLimits[0]?.limit ?? null,
  credits: key.credits?.remaining ?? null,
  enabled: key.enabled,
  end: key.expiresAt?.getTime() ?? null,
  projects: key.resources?.['project'] ?? null,
});

type Options = ApiKeysOptions<keyof typeof catalogue, keyof typeof features, 'project', PlanName>;

function createInstance(options: Pick<Options, 'store'> | Pick<Options, 'database'>) {
  const apiKeys = createApiKeys({
    prefix: 'acme',
    scopes: catalogue,
    features,
    resources: { project: 'A project' },
    plans,
    defaultPlan: 'all',
    pepper: testPepper,
    bcryptCost: 8,
    clock: fixedClock(now),
    logger: { warn: () => undefined, error: () => undefined },
    ...options,
  });
  apiKeys.adminRouter({ managementScope, authorize: () => null });
  return apiKeys;
}
type Instance = ReturnType<typeof createInstance>;

const tally: Record<string, number> = {};

/** Runs one sequence. The store decides each step, the model foretells it, and what was given is compared with the grants. */
async function runSequence(apiKeys: Instance, seed: number): Promise<void> {
  const random = createRandom(seed);
  const owners = [`a${seed}`, `b${seed}`];
  const persons = owners.flatMap((ownerId) => [1, 2].map((n) => drawPerson(random, ownerId, `m${n}`)));
  const app = apiKeys.keys.as(theApp);
  const ids: string[] = [];
  const revoked = new Set<string>();
  const planOf = new Map<string, PlanName>();
  const getPlan = (ownerId: string): PlanName => planOf.get(ownerId) ?? 'all';
  const read = async (id: string): Promise<ApiKey> => (await app.get({ id })) as ApiKey;

  for (let step = 0; step < 10; step += 1) {
    const person = random.pick(persons);
    const keys = apiKeys.keys.as(person);
    const operation =
      ids.length === 0
        ? 'provide'
        : random.pick([
            'plan',
            'provide',
            'create',
            'update',
            'update',
            'rotate',
            'rotate',
            'revoke',
          ] as const);
    const note = `seed ${seed}, step ${step}: ${operation} by ${JSON.stringify(person)}`;
    const publicKey = random.pick(publicKeys);
    if (operation === 'plan') {
      const plan = getPlan(person.ownerId) === 'all' ? 'some' : 'all';
      await apiKeys.owners.as(theApp).set({ ownerId: person.ownerId, plan });
      planOf.set(person.ownerId, plan);
      continue;
    }
    if (operation === 'provide') {
      const ownerId = random.pick(owners);
      const rights = drawRights(random, true);
      const { end } = ofPlan[getPlan(ownerId)];
      const input = {
        ownerId,
        name: 'x',
        publicKey,
        // No key is created with a later end, whoever creates it.
        ...toInput(atMost(rights.end, end) ? rights : { ...rights, end }),
      };
      const { enabled: _, ...fields } = input as typeof input & { enabled: boolean };
      ids.push((await app.create(fields as never)).id);
      continue;
    }
    const target = operation === 'create' ? null : await read(random.pick(ids));
    const isOwn = target === null || target.ownerId === person.ownerId;
    let isExpected: boolean;
    let outcome: Promise<ApiKey>;
    if (target === null) {
      const rights = drawRights(random, false);
      const { enabled: _, ...fields } = toInput(rights) as { enabled: boolean };
      isExpected = hasRole(person, 'create') && mayCreate(rights, person, getPlan(person.ownerId));
      outcome = keys.create({ name: 'x', publicKey, ...fields } as never);
    } else if (operation === 'update') {
      const drawn = { ...drawRights(random, false), enabled: random.chance(0.5) };
      const names = random.some(Object.keys(drawn) as (keyof Rights)[]);
      const changes = Object.fromEntries(names.map((name) => [name, drawn[name]])) as Partial<Rights>;
      const before = toRights(target);
      isExpected =
        hasRole(person, 'update') &&
        isOwn &&
        !revoked.has(target.id) &&
        mayChange(before, { ...before, ...changes }, person, getPlan(person.ownerId));
      outcome = keys.update({ id: target.id, name: `renamed ${step}`, ...toInput(changes) });
    } else if (operation === 'rotate') {
      isExpected =
        hasRole(person, 'rotate') &&
        isOwn &&
        !revoked.has(target.id) &&
        mayHoldSecret(person, target) &&
        isWithin(toRights(target), person);
      const gracePeriodSeconds = random.pick([0, 60]);
      const graceStartsOnFirstUse = random.chance(0.5);
      const grace = gracePeriodSeconds === 0 ? {} : { gracePeriodSeconds, graceStartsOnFirstUse };
      outcome = keys.rotate({ id: target.id, publicKey, ...grace }) as Promise<ApiKey>;
    } else {
      isExpected = hasRole(person, 'revoke') && isOwn;
      outcome = keys.revoke({ id: target.id });
    }
    const result = await outcome.catch((error: ApiKeysError) => error);
    const isDone = !(result instanceof Error);
    if (isDone !== isExpected)
      throw new Error(`${note}: ${isDone ? 'was done' : String(result)}; ${JSON.stringify(target)}`);
    tally[`${operation} ${isDone ? 'done' : 'refused'}`] =
      (tally[`${operation} ${isDone ? 'done' : 'refused'}`] ?? 0) + 1;

    if (!isDone) {
      const { code } = result as ApiKeysError;
      expect({ note, code }).toEqual({
        note,
        code: expect.stringMatching(/FORBIDDEN|NOT_FOUND|CONFLICT|INVALID_REQUEST/) as string,
      });
      if (target !== null) expect((await read(target.id)).version).toBe(target.version);
      continue;
    }
    // Whatever the model said: what came out is compared with what the person may give.
    const after = toRights(await read(result.id));
    if (operation === 'create' || operation === 'rotate')
      expect({ note, isWithin: isWithin(after, person) }).toEqual({ note, isWithin: true });
    if (operation === 'create' || operation === 'rotate')
      expect({ note, may: mayHoldSecret(person, after) }).toEqual({ note, may: true });
    if (operation === 'create') {
      const isPlanned = isWithinPlan(after, getPlan(person.ownerId));
      expect({ note, isPlanned }).toEqual({ note, isPlanned: true });
      ids.push(result.id);
    }
    if (operation === 'revoke') revoked.add(result.id);
    if (operation === 'update' && target !== null) {
      const bounds = boundsOf(person);
      expect({
        note,
        added: expand(after.scopes).filter(
          (scope) => !expand(target.scopes).includes(scope) && !bounds.scopes.includes(scope),
        ),
      }).toEqual({ note, added: [] });
      const isMoreGiven = !isSubset(expand(after.scopes), expand(target.scopes));
      expect({ note, isReachWithin: !isMoreGiven || isReachWithin(after, person) }).toEqual({
        note,
        isReachWithin: true,
      });
    }
    expect(result.ownerId).toBe(person.ownerId);
  }
}

const perInstance = 100;

describe('random sequences of changes by persons with roles and grants', () => {
  // With those of `children-model.test.ts`: 300, 3,000 and 10,000.
  const count = chooseForTier({ fast: 200, slow: 2_500, whole: 8_500 });
  it(`give nothing beyond (${count} sequences in memory)`, async () => {
    for (let first = 1; first <= count; first += perInstance) {
      const apiKeys = createInstance({ store: memoryStore() });
      for (let seed = first; seed < Math.min(first + perInstance, count + 1); seed += 1) {
        await runSequence(apiKeys, seed);
      }
      await apiKeys.close();
    }
    // Each operation was both done and refused, often.
    for (const operation of ['create', 'update', 'rotate', 'revoke']) {
      expect(tally[`${operation} done`]).toBeGreaterThan(count / 10);
      expect(tally[`${operation} refused`]).toBeGreaterThan(count / 10);
    }
  });

  it('give nothing beyond on SQLite', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'actor-model-'));
    const apiKeys = createInstance({ database: `file:${join(folder, 'keys.db')}` });
    for (let seed = 1; seed <= chooseForTier({ fast: 10, slow: 30, whole: 60 }); seed += 1)
      await runSequence(apiKeys, seed);
    expect(await apiKeys.audit.as(theApp).verify()).toMatchObject({ valid: true });
    await apiKeys.close();
    rmSync(folder, { recursive: true });
  });
});
