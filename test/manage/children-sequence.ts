import { generateKeyPairSync } from 'node:crypto';
import type { ApiKeyIdentity } from '../../lib/domain/api-key-identity.js';
import type { ApiKeyRecord } from '../../lib/domain/api-key.js';
import { noScope, type ScopeRequirement } from '../../lib/domain/scope-requirement.js';
import type { Verdict } from '../../lib/domain/verdict.js';
import type { ApiKeysError } from '../../lib/errors.js';
import type { Running } from '../../lib/instance/running.js';
import type { ChangeContext } from '../../lib/manage/change.js';
import type { SignedMessage } from '../../lib/signatures/signed-message.js';
import type { VerificationRequest } from '../../lib/verify/verify-api-key.js';
import type { fixedClock } from '../../lib/testing/index.js';
import { seededRandom, type SeededRandom } from '../faults/seeded-random.js';
import { signed } from '../harness/signing.js';
import { theApp } from '../harness/the-app.js';
import * as model from './model-of-children.js';
import type { ModelActor, ModelCredential, ModelKey, ModelOwner, Rights } from './model-of-children.js';

const hourMs = 60 * 60 * 1000;
const amounts = [null, null, null, 2, 4, 8];
const written = [...Object.keys(model.catalogue), 'orders:*', '*'];
const bindings = [null, null, null, ['p1'], ['p2', 'p3'], ['p1', 'p2'], model.projects];
/** Keys with public keys need no slow hash; one sequence in so many has secrets. */
const secretsEvery = 50;
const pairs = Array.from({ length: 12 }, () => generateKeyPairSync('ed25519'));
const publicKeys = pairs.map(({ publicKey }) => publicKey.export({ type: 'spki', format: 'pem' }).toString());

/** What proves a key in the model, and how it is sent. */
interface Credential extends ModelCredential {
  readonly keyId: string;
  /** The secret or the token; `null`: it signs. */
  readonly sent: string | null;
  /** What the last request with it that was let in was told. */
  seen: {
    readonly apiKey: ApiKeyIdentity;
    readonly scopes: readonly string[];
    readonly end: number | null;
  } | null;
}

/**
 * One sequence of changes by the app, owners, keys and tokens of keys: of owners, keys and the keys that these have made. The store decides each step, and then each request with every secret that was given out; the model foretells both.
 */
export class ChildrenSequence {
  readonly #running: Running;
  readonly #clock: ReturnType<typeof fixedClock>;
  readonly #seed: number;
  readonly #random: SeededRandom;
  readonly #owners: readonly ModelOwner[];
  readonly #keys: ModelKey[] = [];
  readonly #credentials: Credential[] = [];
  readonly #hasSecrets: boolean;
  readonly #count: (what: string) => void;
  #step = 'start';

  constructor(
    running: Running,
    clock: ReturnType<typeof fixedClock>,
    seed: number,
    count: (what: string) => void,
  ) {
    this.#count = count;
    this.#running = running;
    this.#clock = clock;
    this.#seed = seed;
    this.#random = seededRandom(seed);
    this.#hasSecrets = seed % secretsEvery === 0;
    this.#owners = ['a', 'b'].map((name) => ({ id: `${name}${seed}`, plan: 'all', isSuspended: false }));
  }

  async run(steps: number, mayWait: boolean): Promise<void> {
    const [a, b] = this.#owners as [ModelOwner, ModelOwner];
    await this.#provide(a, { ...this.#drawRights(null), scopes: ['*'] });
    await this.#provide(b, this.#drawRights(null));
    // Some begin with as many keys below each other as there can be.
    if (this.#seed % 2 === 1) await this.#goDeep();
    for (let step = 0; step < steps; step += 1) {
      this.#step = `step ${step}`;
      const operation = this.#random.pick([
        ...([
          'create',
          'create',
          'create',
          'update',
          'update',
          'update',
          'update',
          'rotate',
          'revoke',
        ] as const),
        ...(['owner', 'token', 'read', mayWait ? 'wait' : 'update'] as const),
      ]);
      const isResumed = this.#owners.some(({ isSuspended }) => isSuspended) && this.#chance(0.4);
      if (operation === 'owner' || isResumed) await this.#changeOwner();
      else if (operation === 'token') await this.#issueToken(this.#random.pick(this.#credentials));
      else if (operation === 'wait') this.#wait();
      else await this.#change(operation);
      for (const credential of this.#credentials) {
        // Signatures take most of the time: every one is verified at the end, and some before.
        const isCheap = credential.sent !== null;
        if (isCheap || step === steps - 1 || this.#chance(0.2)) await this.#verify(credential);
      }
    }
  }

  /** A failure names the seed. */
  #expect(what: object, expected: object): void {
    const [found, foretold] = [JSON.stringify(what), JSON.stringify(expected)];
    if (found === foretold) return;
    throw new Error(`seed ${this.#seed}, ${this.#step}: ${found}, and not ${foretold}`);
  }

  #chance(p: number): boolean {
    return this.#random.next() < p;
  }

  #some<T>(list: readonly T[], p = 0.5): T[] {
    return list.filter(() => this.#chance(p));
  }

  #drawEnd(): number | null {
    return this.#random.pick([null, null, ...[6, 18, 30].map((hours) => this.#clock.now() + hours * hourMs)]);
  }

  /** Anything at all; or, of a key that will make the new one, mostly what it may give. */
  #drawRights(maker: ModelKey | null): Rights {
    const wild: Rights = {
      scopes: this.#some(written),
      features: this.#some(Object.keys(model.features)),
      limit: this.#random.pick(amounts),
      credits: this.#random.pick(amounts),
      enabled: true,
      end: this.#drawEnd(),
      projects: this.#random.pick(bindings),
    };
    if (maker === null) return wild;
    const left = model.leaveInPlan(maker);
    const named = left.scopes.filter((scope) => Object.hasOwn(model.catalogue, scope));
    const tame: Rights = {
      ...wild,
      scopes: named.filter((scope) => scope === 'keys:manage' || this.#chance(0.8)),
      features: this.#some(left.features, 0.8),
      limit: this.#chance(0.5) ? null : 2,
      credits: this.#chance(0.5) ? null : this.#random.pick([1, maker.rights.credits]),
      // What has come, and none at all, is accepted from nobody.
      end: left.end !== null && left.end <= this.#clock.now() ? this.#drawEnd() : left.end,
      projects: left.projects?.length === 0 ? null : left.projects,
    };
    // One part of most is beyond, or the whole of some.
    if (this.#chance(0.15)) return wild;
    if (this.#chance(0.6)) return tame;
    const name = this.#random.pick(['scopes', 'features', 'limit', 'credits', 'end', 'projects'] as const);
    return { ...tame, [name]: wild[name] };
  }

  async #provide(owner: ModelOwner, rights: Rights): Promise<void> {
    const made = await this.#running.service.create(contextOf(theApp), {
      ...{ ownerId: owner.id, name: 'top', ...toNewInput(rights) },
      ...this.#newProof(0),
    });
    await this.#add(made, { owner, parent: null, rights });
  }

  #newProof(generation: number): { readonly publicKey?: string } {
    return this.#hasSecrets ? {} : { publicKey: publicKeys[generation % publicKeys.length]! };
  }

  async #add(
    { record, token }: { readonly record: ApiKeyRecord; readonly token: string | null },
    rest: Pick<ModelKey, 'owner' | 'parent' | 'rights'>,
  ): Promise<Credential> {
    const key: ModelKey = { id: record.id, ...rest, isRevoked: false, used: 0, generation: 0 };
    this.#keys.push(key);
    const credential = { key, keyId: key.id, generation: 0, token: null, sent: token, seen: null };
    this.#credentials.push(credential);
    this.#compare(key, record);
    if (this.#chance(0.6)) await this.#issueToken(credential);
    return credential;
  }

  #compare(key: ModelKey, record: ApiKeyRecord): void {
    this.#expect(toRights(record), key.rights);
    this.#expect(
      { parentId: record.parentId, isRevoked: record.revokedAt !== null, ownerId: record.ownerId },
      { parentId: key.parent?.id ?? null, isRevoked: key.isRevoked, ownerId: key.owner.id },
    );
  }

  async #goDeep(): Promise<void> {
    let [maker] = this.#credentials as [Credential];
    for (let depth = 1; depth <= model.maxAbove + 1; depth += 1) {
      this.#step = `depth ${depth}`;
      const { projects, end } = model.leave(maker.key);
      const rights: Rights = {
        ...{ scopes: Object.keys(model.catalogue), features: [], limit: null, credits: null },
        ...{ enabled: true, end, projects },
      };
      const made = await this.#create(await this.#toActor(maker), rights);
      this.#count(`depth ${depth} ${made === null ? 'refused' : 'done'}`);
      if (made === null) return;
      maker = made;
    }
  }

  /** Mostly keys and tokens, as they were when they were last let in; now and then they have not heard of a change. */
  async #drawActor(): Promise<ModelActor & { readonly apiKey?: ApiKeyIdentity }> {
    if (this.#chance(0.3)) {
      const owner = this.#random.pick([this.#owners[0]!, ...this.#owners]);
      return this.#random.pick([{ kind: 'owner', owner }, { kind: 'owner', owner }, theApp] as const);
    }
    return this.#toActor(this.#random.pick(this.#credentials));
  }

  async #toActor(credential: Credential): Promise<ModelActor & { readonly apiKey?: ApiKeyIdentity }> {
    if (credential.seen === null || this.#chance(0.7)) await this.#look(credential);
    // One that was never let in acts as nobody; its owner does.
    if (credential.seen === null) return { kind: 'owner', owner: credential.key.owner };
    const { apiKey, ...seen } = credential.seen;
    return { kind: 'key', credential, seen, apiKey };
  }

  async #change(operation: 'create' | 'update' | 'rotate' | 'revoke' | 'read'): Promise<void> {
    const actor = await this.#drawActor();
    const maker = actor.kind === 'key' ? actor.credential.key : null;
    if (operation === 'create') return void (await this.#create(actor, this.#drawRights(maker)));
    const key = this.#drawTarget(maker);
    const now = this.#clock.now();
    const context = contextOf(toActor(actor));
    this.#step += `: ${operation} of ${key.id} by ${JSON.stringify(toActor(actor))}`;
    if (operation === 'read') return this.#read(actor, key);
    if (operation === 'update') {
      const named = this.#drawChanges(key, maker);
      this.#step += ` ${JSON.stringify(named)}`;
      const isExpected = model.mayUpdate(actor, key, named, now);
      const input = { name: this.#step.slice(0, 20), ...toInput(named) };
      const changed = await this.#attempt(operation, actor, key, isExpected, () =>
        this.#running.service.update(context, key.id, input),
      );
      if (changed === null) return;
      key.rights = { ...key.rights, ...named };
      this.#compare(key, changed.record);
      for (const credential of this.#credentials) {
        if (model.isBelow(credential.key, key)) await this.#look(credential);
      }
      return;
    }
    if (operation === 'rotate') {
      const isExpected = model.mayRotate(actor, key, now);
      const changed = await this.#attempt(operation, actor, key, isExpected, () =>
        this.#running.service.rotate(context, key.id, this.#newProof(key.generation + 1)),
      );
      if (changed === null) return;
      key.generation += 1;
      const { generation } = key;
      const rest = { token: null, sent: changed.token, seen: null };
      this.#credentials.push({ key, keyId: key.id, generation, ...rest });
      return this.#compare(key, changed.record);
    }
    const isExpected = model.mayRevoke(actor, key, now);
    const changed = await this.#attempt(operation, actor, key, isExpected, () =>
      this.#running.service.revoke(context, key.id),
    );
    if (changed === null) return;
    key.isRevoked = true;
    this.#compare(key, changed.record);
  }

  async #create(
    actor: ModelActor & { readonly apiKey?: ApiKeyIdentity },
    drawn: Rights,
  ): Promise<Credential | null> {
    if (actor.kind === 'application') {
      await this.#provide(this.#random.pick(this.#owners), drawn);
      return null;
    }
    const hasEnd = this.#chance(0.8);
    const { end, ...named } = drawn;
    const rights = { ...drawn, end: model.getNewEnd(actor, hasEnd ? end : undefined) };
    this.#step += `: create by ${JSON.stringify(toActor(actor))} ${JSON.stringify(hasEnd ? drawn : named)}`;
    const isExpected = model.mayCreate(actor, rights, this.#clock.now());
    const made = await this.#attempt('create', actor, null, isExpected, () =>
      this.#running.service.create(contextOf(toActor(actor)), {
        ...{ name: 'made', ...toNewInput(hasEnd ? drawn : named) },
        ...this.#newProof(0),
      }),
    );
    if (made === null) return null;
    const parent = actor.kind === 'key' ? actor.credential.key : null;
    const owner = actor.kind === 'key' ? actor.credential.key.owner : actor.owner;
    return this.#add(made, { owner, parent, rights });
  }

  /** Does what is expected to be done, and sees what is expected to be refused change nothing. */
  async #attempt<T>(
    operation: string,
    actor: ModelActor,
    key: ModelKey | null,
    isExpected: boolean,
    act: () => Promise<T>,
  ): Promise<T | null> {
    const result = await act().catch((error: ApiKeysError) => error);
    const isDone = !(result instanceof Error);
    this.#expect(
      { isDone, ...(isDone === isExpected ? {} : { error: String(result) }) },
      { isDone: isExpected },
    );
    this.#count(`${operation} by ${nameActor(actor)} ${isDone ? 'done' : 'refused'}`);
    if (isDone) return result;
    const { code } = result as ApiKeysError;
    const isForeign =
      key !== null && model.mayManage(actor, this.#clock.now()) && !model.isVisible(actor, key);
    if (isForeign) this.#count('foreign');
    const codes = isForeign ? /NOT_FOUND$/ : /(FORBIDDEN|INSUFFICIENT_SCOPE|CONFLICT)$/;
    if (!codes.test(code)) this.#expect({ code }, { code: String(codes) });
    if (key !== null) this.#compare(key, await this.#running.service.get(contextOf(theApp), key.id));
    return null;
  }

  async #read(actor: ModelActor & { readonly apiKey?: ApiKeyIdentity }, key: ModelKey): Promise<void> {
    const context = contextOf(toActor(actor));
    const isExpected = model.mayRead(actor, key, this.#clock.now());
    const record = await this.#attempt('read', actor, key, isExpected, () =>
      this.#running.service.get(context, key.id),
    );
    if (record !== null) this.#compare(key, record);
    if (!model.mayManage(actor, this.#clock.now())) return;
    // The list of children has those of keys that exist for the actor, and no others.
    const { items } = await this.#running.service.list(context, { parentId: key.id });
    const isSeen = model.isVisible(actor, key);
    const children = this.#keys.filter(({ parent }) => isSeen && parent === key);
    this.#expect(
      { children: items.map(({ id }) => id).sort() },
      { children: children.map(({ id }) => id).sort() },
    );
  }

  #drawTarget(maker: ModelKey | null): ModelKey {
    const below = this.#keys.filter((key) => maker !== null && model.isBelow(key, maker));
    const parents = this.#keys.filter((key) => this.#keys.some(({ parent }) => parent === key));
    const preferred = this.#random.pick([below, parents, this.#keys]);
    return this.#random.pick(preferred.length === 0 ? this.#keys : preferred);
  }

  #drawChanges(key: ModelKey, maker: ModelKey | null): Partial<Rights> {
    const drawn = this.#drawRights(maker ?? (this.#chance(0.5) ? key.parent : null));
    // What a parent loses and gets back is what its children are about.
    if (this.#chance(0.3)) return { scopes: this.#some(Object.keys(model.catalogue), 0.6) };
    if (this.#chance(0.2)) return { features: this.#some(Object.keys(model.features)) };
    if (this.#chance(0.2)) return { projects: this.#random.pick(bindings) };
    const some = { ...drawn, enabled: this.#chance(0.6) };
    const names = this.#some(Object.keys(some) as (keyof Rights)[], 0.3);
    // Alone, `enabled` is what is changed most.
    const named = names.length === 0 || this.#chance(0.2) ? (['enabled'] as const) : names;
    return Object.fromEntries(named.map((name) => [name, some[name]]));
  }

  async #changeOwner(): Promise<void> {
    const suspended = this.#owners.find(({ isSuspended }) => isSuspended);
    const owner = suspended ?? this.#random.pick([this.#owners[0]!, ...this.#owners]);
    const { owners } = this.#running;
    const context = contextOf(theApp);
    if (owner.isSuspended || this.#chance(0.25)) {
      owner.isSuspended = !owner.isSuspended;
      await (owner.isSuspended ? owners.suspend(context, owner.id) : owners.resume(context, owner.id));
      this.#count(owner.isSuspended ? 'suspend' : 'resume');
    } else {
      owner.plan = owner.plan === 'all' ? 'some' : 'all';
      await owners.set(context, owner.id, { plan: owner.plan });
      this.#count(`plan ${owner.plan}`);
    }
  }

  #wait(): void {
    this.#clock.advance(12 * hourMs);
    // Every window has begun anew.
    for (const key of this.#keys) key.used = 0;
    this.#count('wait');
  }

  async #issueToken({ key, generation, token, keyId }: Credential): Promise<void> {
    if (token !== null || generation !== key.generation) return;
    const record = await this.#running.service.get(contextOf(theApp), keyId);
    const now = this.#clock.now();
    const isExpected = model.findStateRefusal(key, now) === null;
    const credentialId = record.credentials[0]!.id;
    const issued = await this.#running
      .tokens!.service.issue({ keyId, credentialId }, undefined)
      .catch((error: Error) => error);
    this.#expect({ isIssued: !(issued instanceof Error) }, { isIssued: isExpected });
    this.#count(`token ${isExpected ? 'done' : 'refused'}`);
    if (issued instanceof Error) return;
    const { scopes, end } = model.leaveInPlan(key);
    this.#credentials.push({
      ...{ key, keyId, generation, sent: issued.accessToken, seen: null },
      token: { scopes, end: Math.min(now + 24 * hourMs, end ?? Infinity) },
    });
  }

  async #request(
    { sent, key, generation, token }: Credential,
    request: Omit<VerificationRequest, 'token' | 'address'>,
  ): Promise<Verdict> {
    const address = (): null => null;
    if (sent !== null) {
      const verifier = token === null ? this.#running.verifier : this.#running.tokens!.verifier;
      const asked = { ...request, token: sent, address };
      return (await verifier.verifyAtOnce(asked)) ?? verifier.verify(asked);
    }
    const { privateKey } = pairs[generation % pairs.length]!;
    const { input, signature } = signed(
      { keyId: key.id, privateKey },
      { method: 'GET', now: this.#clock.now() },
    );
    const rawHeaders = ['Signature-Input', `sig=${input}`, 'Signature', `sig=:${signature}:`];
    const message: SignedMessage = {
      ...{ method: 'GET', scheme: 'http', authority: 'api.example', target: '/signed' },
      ...{ rawHeaders, bodyPresence: 'none' },
    };
    const verdict = await this.#running.signatures!.verifier.verify({
      ...{ ...request, address, message, rawHeaders, isHmacScheme: () => false, credentialHeaders: [] },
      ...{ hasCredential: false, body: async () => Buffer.alloc(0), identity: {} },
    });
    return verdict ?? { allowed: false, code: 'invalid_token' };
  }

  /** One request that needs something, and costs 1. */
  async #verify(credential: Credential): Promise<void> {
    const need = {
      scope: this.#random.pick(Object.keys(model.catalogue)),
      feature: this.#chance(0.8) ? null : this.#random.pick(Object.keys(model.features)),
      project: this.#random.pick(model.projects),
    };
    const requirement: ScopeRequirement = { kind: 'all', scopes: [need.scope] };
    const verdict = await this.#request(credential, {
      ...{ requirement, feature: need.feature ?? undefined, cost: 1 },
      allowsBinding: (bound) => bound === null || bound['project']?.includes(need.project) === true,
    });
    const code = verdict.allowed ? 'allowed' : verdict.code;
    const expected = model.decide(credential, need, this.#clock.now());
    const who = `${credential.token === null ? 'key' : 'token'} at depth ${model.listAbove(credential.key).length}`;
    const told = expected === 'unproven' && code !== 'allowed' ? 'unproven' : code;
    this.#expect(
      { ...{ keyId: credential.keyId, who, need }, code: told },
      { ...{ keyId: credential.keyId, who, need }, code: expected },
    );
    this.#count(`${model.listAbove(credential.key).length === 0 ? 'top' : 'child'} ${expected}`);
  }

  /** A request that needs nothing and costs nothing: all that the key can do is what the model leaves of it. */
  async #look(credential: Credential): Promise<void> {
    const { key, token } = credential;
    const verdict = await this.#request(credential, {
      ...{ requirement: noScope, cost: 0, allowsBinding: () => true },
    });
    const now = this.#clock.now();
    const isExpected =
      model.findStateRefusal(key, now) === null &&
      credential.generation === key.generation &&
      (token === null || now < token.end);
    this.#expect({ isLetIn: verdict.allowed }, { isLetIn: isExpected });
    for (const loss of model.listLosses(key, now)) this.#count(`lost ${loss}`);
    if (!verdict.allowed) return;
    const { apiKey } = verdict;
    const left = model.leaveInPlan(key);
    const scopes = left.scopes.filter((scope) => token === null || token.scopes.includes(scope));
    const ends = [left.end, token?.end ?? null].filter((end) => end !== null);
    const end = ends.length === 0 ? null : Math.min(...ends);
    this.#expect(
      {
        scopes: model.expand(apiKey.scopes),
        features: [...apiKey.features].sort(),
        projects: toNames(apiKey.only('project')),
        end: apiKey.expiresAt?.getTime() ?? null,
      },
      { scopes, features: [...left.features].sort(), projects: toNames(left.projects ?? 'all'), end },
    );
    credential.seen = { apiKey, scopes, end };
  }
}

const toNames = (ids: readonly string[] | 'all'): string => (ids === 'all' ? ids : [...ids].sort().join());

const actorNames = { application: 'the app', owner: 'the owner' } as const;
function nameActor(actor: ModelActor): string {
  if (actor.kind !== 'key') return actorNames[actor.kind];
  return actor.credential.token === null ? 'a key' : 'a token';
}

function toActor(actor: ModelActor & { readonly apiKey?: ApiKeyIdentity }): ChangeContext['actor'] {
  if (actor.kind === 'application') return actor;
  if (actor.kind === 'owner') return { kind: 'owner', ownerId: actor.owner.id };
  return { kind: 'key', apiKey: actor.apiKey! };
}

const contextOf = (actor: ChangeContext['actor']): ChangeContext => ({
  ...{ actor, address: null, requestId: null, managementScope: 'keys:manage' },
});

const toInput = ({ limit, credits, projects, end, ...rest }: Partial<Rights>): object => ({
  ...rest,
  ...(limit === undefined
    ? {}
    : { rateLimits: limit === null ? [] : [{ name: 'minute', limit, windowSeconds: 60 }] }),
  ...(credits === undefined ? {} : { credits: credits === null ? null : { remaining: credits } }),
  ...(projects === undefined ? {} : { resources: projects === null ? null : { project: projects } }),
  ...(end === undefined ? {} : { expiresAt: end === null ? null : new Date(end) }),
});

/** No key is disabled from the start. */
const toNewInput = ({ enabled: _, ...rights }: Partial<Rights>): object => toInput(rights);

const toRights = (key: ApiKeyRecord): Rights => ({
  scopes: key.scopes,
  features: key.features,
  limit: key.rateLimits[0]?.limit ?? null,
  credits: key.credits?.remaining ?? null,
  enabled: key.enabled,
  end: key.expiresAt,
  projects: key.resources?.['project'] ?? null,
});
