/**
 * Keys, the keys above them, and what each of them may do, as simple as it can be written down. It shares nothing with lib/: scopes are
 * lists of all that they open, and everything is computed anew from the root for every question.
 */

/** Everything that a scope can stand for: the catalogue, and two scopes that it may get later. */
const universe = ['orders:read', 'orders:write', 'users:read', 'keys:manage', 'orders:later', 'later:read'];
export const catalogue = {
  'orders:read': 'Read',
  'orders:write': 'Write',
  'users:read': 'Users',
  'keys:manage': 'Manage keys',
} as const;
export const features = { export: 'Export', beta: 'Beta' } as const;
export const projects = ['p1', 'p2', 'p3'];
export const maxAbove = 5;

/** What the plans include; `null`: everything. */
export const plans = {
  all: {},
  some: { scopes: ['orders:*', 'keys:manage'], features: ['export'], resources: { project: ['p1', 'p2'] } },
} as const;
export type PlanName = keyof typeof plans;
const ofPlan = {
  all: { scopes: universe, features: Object.keys(features), projects: null },
  some: {
    scopes: ['orders:read', 'orders:write', 'orders:later', 'keys:manage'],
    features: ['export'],
    projects: ['p1', 'p2'],
  },
} as const;

/** The fields of a key that carry rights. */
export interface Rights {
  readonly scopes: readonly string[];
  readonly features: readonly string[];
  /** The limit of the only window; `null`: it has none of its own. */
  readonly limit: number | null;
  readonly credits: number | null;
  readonly enabled: boolean;
  /** Epoch milliseconds; `null`: never. */
  readonly end: number | null;
  /** The projects that it is bound to; `null`: to none. */
  readonly projects: readonly string[] | null;
}

export interface ModelOwner {
  readonly id: string;
  plan: PlanName;
  isSuspended: boolean;
}

export interface ModelKey {
  readonly id: string;
  readonly owner: ModelOwner;
  readonly parent: ModelKey | null;
  rights: Rights;
  isRevoked: boolean;
  /** What its window has counted. */
  used: number;
  /** How often its secret was replaced: a credential is of one generation. */
  generation: number;
}

/** What proves a key: its secret, a signature, or an access token of it. */
export interface ModelCredential {
  readonly key: ModelKey;
  readonly generation: number;
  /** What an access token was issued with; `null`: it is no token. */
  readonly token: { readonly scopes: readonly string[]; readonly end: number } | null;
}

/** What an actor learned of itself when it was last let in. */
export interface Seen {
  readonly scopes: readonly string[];
  readonly end: number | null;
}

export const expand = (scopes: readonly string[]): string[] =>
  universe.filter((name) =>
    scopes.some(
      (each) => each === '*' || each === name || (each.endsWith(':*') && name.startsWith(each.slice(0, -1))),
    ),
  );
export const isWildcard = (scope: string): boolean => scope.endsWith('*');
export const isSubset = (some: readonly string[], all: readonly string[]): boolean =>
  some.every((each) => all.includes(each));
const both = (some: readonly string[], all: readonly string[]): string[] =>
  some.filter((each) => all.includes(each));
const bothOrOne = (
  one: readonly string[] | null,
  other: readonly string[] | null,
): readonly string[] | null => (one === null || other === null ? (one ?? other) : both(one, other));
const earlier = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? (one ?? other) : Math.min(one, other);
const endsBy = (end: number | null, bound: number | null): boolean =>
  bound === null || (end !== null && end <= bound);
const isBoundWithin = (ids: readonly string[] | null, bound: readonly string[] | null): boolean =>
  bound === null || (ids !== null && isSubset(ids, bound));

/** The keys above, the parent first. */
export const listAbove = ({ parent }: ModelKey): ModelKey[] =>
  parent === null ? [] : [parent, ...listAbove(parent)];
export const isBelow = (key: ModelKey, other: ModelKey): boolean => listAbove(key).includes(other);

/** What a key can do with all keys above it, whatever its plan includes. */
export function leave(key: ModelKey) {
  return [key, ...listAbove(key)].reduce(
    (left, { rights }) => ({
      scopes: both(left.scopes, expand(rights.scopes)),
      features: both(left.features, rights.features),
      projects: bothOrOne(left.projects, rights.projects),
      end: earlier(left.end, rights.end),
    }),
    {
      scopes: universe,
      features: Object.keys(features) as readonly string[],
      projects: null as readonly string[] | null,
      end: null as number | null,
    },
  );
}

/** The same within the plan of its owner: what its secret opens. */
export function leaveInPlan(key: ModelKey) {
  const left = leave(key);
  const plan = ofPlan[key.owner.plan];
  return {
    ...left,
    scopes: both(left.scopes, plan.scopes),
    features: both(left.features, plan.features),
    projects: bothOrOne(left.projects, plan.projects),
  };
}

type State = 'key_revoked' | 'key_disabled' | 'key_expired' | 'owner_suspended';

/** Why a key is refused, whatever is asked for. */
export function findStateRefusal(key: ModelKey, now: number): State | null {
  const chain = [key, ...listAbove(key)];
  if (chain.some(({ isRevoked }) => isRevoked)) return 'key_revoked';
  if (chain.some(({ rights }) => !rights.enabled)) return 'key_disabled';
  if (chain.some(({ rights: { end } }) => end !== null && end <= now)) return 'key_expired';
  return key.owner.isSuspended ? 'owner_suspended' : null;
}

/** What a request needs. */
export interface Need {
  readonly scope: string;
  readonly feature: string | null;
  readonly project: string;
}

/**
 * What becomes of a request that costs 1, and what it takes.
 *
 * @returns `allowed` or the code of the refusal; `unproven` where only who holds the current secret is told more
 */
export function decide(credential: ModelCredential, need: Need, now: number): string {
  const { key, token } = credential;
  if (token !== null && token.end <= now) return 'unproven';
  if (credential.generation !== key.generation) return 'unproven';
  const state = findStateRefusal(key, now);
  if (state !== null) return state;
  const left = leaveInPlan(key);
  if (!left.scopes.includes(need.scope) || token?.scopes.includes(need.scope) === false)
    return 'insufficient_scope';
  if (need.feature !== null && !left.features.includes(need.feature)) return 'feature_not_enabled';
  if (left.projects?.includes(need.project) === false) return 'resource_not_allowed';
  return take(key);
}

/** Every key above counts and pays as well, or none does. */
function take(key: ModelKey): string {
  const chain = [key, ...listAbove(key)];
  if (chain.some(({ rights: { limit }, used }) => limit !== null && used >= limit)) return 'rate_limited';
  if (chain.some(({ rights: { credits } }) => credits === 0)) return 'credits_exhausted';
  for (const each of chain) {
    const { limit, credits } = each.rights;
    if (limit !== null) each.used += 1;
    if (credits !== null) each.rights = { ...each.rights, credits: credits - 1 };
  }
  return 'allowed';
}

/** What a key cannot do because of the keys above it, by name. */
export function listLosses(key: ModelKey, now: number): string[] {
  const alone = { ...key, parent: null };
  const [left, own] = [leaveInPlan(key), leaveInPlan(alone)];
  const state = findStateRefusal(key, now);
  if (state !== null) return state === findStateRefusal(alone, now) ? [] : [state];
  return (['scopes', 'features', 'projects', 'end'] as const).filter(
    (name) => JSON.stringify(left[name]) !== JSON.stringify(own[name]),
  );
}

/** Who changes keys. */
export type ModelActor =
  | { readonly kind: 'application' }
  | { readonly kind: 'owner'; readonly owner: ModelOwner }
  | { readonly kind: 'key'; readonly credential: ModelCredential; readonly seen: Seen };

/** What a key that acts may give: its own, within that of its credential. */
export function getActing({ credential, seen }: ModelActor & { kind: 'key' }) {
  const { key, token } = credential;
  const left = leave(key);
  return {
    ...left,
    key,
    scopes: token === null ? left.scopes : both(left.scopes, seen.scopes),
    end: token === null ? left.end : earlier(left.end, seen.end),
    isToken: token !== null,
  };
}

/** Whether a key may manage keys at all. */
export function mayManage(actor: ModelActor, now: number): boolean {
  if (actor.kind !== 'key') return true;
  const { credential, seen } = actor;
  const { key, token } = credential;
  if (findStateRefusal(key, now) !== null || credential.generation !== key.generation) return false;
  if (token !== null && !(now < (seen.end ?? Infinity))) return false;
  return both(getActing(actor).scopes, ofPlan[key.owner.plan].scopes).includes('keys:manage');
}

const getOwner = (actor: ModelActor): ModelOwner | null =>
  actor.kind === 'application' ? null : actor.kind === 'owner' ? actor.owner : actor.credential.key.owner;

/** Whether a key exists for an actor. */
export const isVisible = (actor: ModelActor, key: ModelKey): boolean =>
  [null, key.owner].includes(getOwner(actor));

/** A new key without a named end has that of the token that makes it. */
export function getNewEnd(actor: ModelActor, end: number | null | undefined): number | null {
  if (end !== undefined) return end;
  return actor.kind === 'key' && actor.credential.token !== null ? getActing(actor).end : null;
}

export function mayCreate(actor: ModelActor, rights: Rights, now: number): boolean {
  if (actor.kind === 'application') return true;
  const { plan } = getOwner(actor)!;
  if (!mayManage(actor, now) || !isGivenInPlan(rights, null, plan)) return false;
  if (actor.kind === 'owner') return !rights.scopes.some(isWildcard);
  const acting = getActing(actor);
  const above = [acting.key, ...listAbove(acting.key)];
  const { credits } = acting.key.rights;
  return (
    above.length <= maxAbove &&
    isGivenWithin(rights, acting) &&
    (rights.limit === null ||
      above.every(({ rights: { limit } }) => limit === null || rights.limit! <= limit)) &&
    (rights.credits === null || credits === null || rights.credits <= credits)
  );
}

type Given = Pick<Rights, 'scopes' | 'features' | 'projects' | 'end'>;

const isGivenWithin = (given: Given, acting: ReturnType<typeof getActing>): boolean =>
  isSubset(expand(given.scopes), acting.scopes) &&
  isSubset(given.features, acting.features) &&
  isBoundWithin(given.projects, acting.projects) &&
  endsBy(given.end, acting.end);

/** What a key has already may stay on it. */
function isGivenInPlan(given: Partial<Given>, before: Rights | null, name: PlanName): boolean {
  const plan = ofPlan[name];
  const had = expand(before?.scopes ?? []);
  return (
    (given.scopes ?? []).every(
      (scope) => isSubset(expand([scope]), plan.scopes) || isSubset(expand([scope]), had),
    ) &&
    isSubset(given.features ?? [], [...plan.features, ...(before?.features ?? [])]) &&
    (plan.projects === null ||
      isSubset(given.projects ?? [], [...plan.projects, ...(before?.projects ?? [])]))
  );
}

/** A key with a parent manages only itself and the keys below it; a key manages no key that can do more than itself. */
function isAtOrBelow(actor: ModelActor & { kind: 'key' }, key: ModelKey): boolean {
  const acting = getActing(actor);
  if (isBelow(key, acting.key)) return isGivenWithin(asGiven(key), acting);
  if (acting.key.parent !== null && key !== acting.key) return false;
  return isGivenWithin(asGiven(key), acting) && areLimitsWithin(key.rights, acting.key.rights);
}

function asGiven(key: ModelKey): Given {
  const left = leave(key);
  return { scopes: left.scopes, features: left.features, projects: left.projects, end: left.end };
}

const areLimitsWithin = (rights: Rights, own: Rights): boolean =>
  (own.limit === null || (rights.limit !== null && rights.limit <= own.limit)) &&
  (own.credits === null || rights.credits !== null);

export function mayUpdate(actor: ModelActor, key: ModelKey, named: Partial<Rights>, now: number): boolean {
  if (!mayManage(actor, now) || !isVisible(actor, key)) return false;
  if (actor.kind === 'key' && !isAtOrBelow(actor, key)) return false;
  if (key.isRevoked) return false;
  const before = key.rights;
  const changes = listChanges(before, named);
  if (Object.keys(changes).length === 0) return true;
  if (actor.kind === 'application') return true;
  if (!isGivenInPlan(changes, before, key.owner.plan)) return false;
  if (actor.kind === 'owner') return changes.scopes?.some(isWildcard) !== true;
  return mayKeyUpdate(getActing(actor), key, changes);
}

function mayKeyUpdate(
  acting: ReturnType<typeof getActing>,
  key: ModelKey,
  changes: Partial<Rights>,
): boolean {
  const after = { ...key.rights, ...changes };
  if (
    changes.limit !== undefined &&
    key.rights.limit !== null &&
    !(after.limit !== null && after.limit <= key.rights.limit)
  )
    return false;
  const own = acting.key.rights;
  if (isBelow(key, acting.key)) {
    const hasMore = own.credits !== null && (changes.credits ?? 0) > own.credits;
    const above = [acting.key, ...listAbove(acting.key)];
    const isWider =
      key.rights.limit === null &&
      above.some(({ rights: { limit } }) => limit !== null && (changes.limit ?? 0) > limit);
    if (hasMore || isWider) return false;
  } else {
    if (changes.credits !== undefined && own.credits !== null) return false;
    if (!areLimitsWithin(after, own)) return false;
  }
  // What is given counts as it is written, and the rest as the keys above leave it.
  const left = asGiven({ ...key, rights: after });
  return isGivenWithin(
    {
      scopes: changes.scopes ?? left.scopes,
      features: changes.features ?? left.features,
      projects: changes.projects === undefined ? left.projects : changes.projects,
      end: changes.end === undefined ? left.end : changes.end,
    },
    acting,
  );
}

/** What is named and differs. */
export const listChanges = (before: Rights, named: Partial<Rights>): Partial<Rights> =>
  Object.fromEntries(
    Object.entries(named).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name as keyof Rights]),
    ),
  ) as Partial<Rights>;

export function mayRotate(actor: ModelActor, key: ModelKey, now: number): boolean {
  if (!mayManage(actor, now) || !isVisible(actor, key)) return false;
  if (actor.kind === 'key') {
    const acting = getActing(actor);
    if (acting.key === key && acting.isToken) return false;
    if (!isAtOrBelow(actor, key)) return false;
    const isRelated = acting.key === key || isBelow(key, acting.key);
    if (acting.key.rights.credits !== null && !isRelated) return false;
  }
  if (key.isRevoked) return false;
  const above = listAbove(key);
  const isOver = ({ rights: { end } }: ModelKey): boolean => end !== null && end <= now;
  if (above.some(({ isRevoked }) => isRevoked)) return false;
  if (above.every(({ rights }) => rights.enabled) && above.some(isOver)) return false;
  return !key.rights.enabled || !isOver(key);
}

export function mayRevoke(actor: ModelActor, key: ModelKey, now: number): boolean {
  if (actor.kind === 'key' && actor.credential.key === key && actor.credential.token === null) return true;
  if (!mayManage(actor, now) || !isVisible(actor, key)) return false;
  return actor.kind !== 'key' || isBelow(key, actor.credential.key) || isAtOrBelow(actor, key);
}

/** A key reads itself at any time, and otherwise whatever its owner reads. */
export const mayRead = (actor: ModelActor, key: ModelKey, now: number): boolean =>
  (actor.kind === 'key' && actor.credential.key === key) || (mayManage(actor, now) && isVisible(actor, key));
