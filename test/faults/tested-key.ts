import type { Capability } from './history.js';
import type { TimedAnswer } from '../harness/start-orders.js';
import type { HistoryRecorder, Planned } from './history-recorder.js';
import type { Member } from './fleet.js';
import { changeOwner, type OwnerChange } from './change-owner.js';

/** Every key has an owner of its own, so that a suspension concerns no other key. */
let owners = 0;

const purposes = ['read', 'write'] as const;
type Purpose = (typeof purposes)[number];

/** What takes everything away from a key: for good, or until its owner is resumed or gets its plan back. */
export const takings = ['revoke', 'suspend', 'demote'] as const;
export type Taking = (typeof takings)[number];

/** All that a key of these tests may do. */
const scopes = ['orders:read', 'orders:write'];
/** Somebody who acts for the owner and may give no more than that. */
const bounded = { 'X-Test-Grants': 'orders:read' };

/** What a change of a key does to what its secrets are good for. */
type Side = 'nothing' | 'write' | 'own' | 'everything';

/** Something to use: a token, and what for. */
export interface Usable {
  readonly keyId: string;
  readonly token: string;
  readonly purpose: Purpose;
  readonly capability: Capability;
}

/** One key that clients use and change, and what was answered to them about it. Changed by one client at a time. */
export class TestedKey {
  readonly id: string;
  readonly ownerId: string;
  readonly #recorder: HistoryRecorder;
  readonly #tokens: string[];
  /** Given for the first secret, so that they end with it. */
  readonly #accessTokens: string[] = [];
  /** Keys that it has made, and that these have made: they end and are narrowed with it, and outlive its rotations. */
  readonly #descendants: { readonly id: string; readonly token: string }[] = [];
  #version = 1;
  #endsAt = 0;

  private constructor(id: string, ownerId: string, token: string, recorder: HistoryRecorder) {
    this.id = id;
    this.ownerId = ownerId;
    this.#tokens = [token];
    this.#recorder = recorder;
  }

  /** Makes a key that may read and write, of an owner with no other key; `null` when that was not acknowledged. */
  static create(recorder: HistoryRecorder, on: Member): Promise<TestedKey | null> {
    return TestedKey.#create(recorder, on, purposes, {});
  }

  /** Makes a key that may only read, as an actor that may give no more. */
  static createBounded(recorder: HistoryRecorder, on: Member): Promise<TestedKey | null> {
    return TestedKey.#create(recorder, on, ['read'], bounded);
  }

  static async #create(
    recorder: HistoryRecorder,
    on: Member,
    given: readonly Purpose[],
    headers: Record<string, string>,
  ): Promise<TestedKey | null> {
    owners += 1;
    const ownerId = `owner-${owners}`;
    const body = { name: 'CI', scopes: given.map((purpose) => `orders:${purpose}`) };
    const answer = await recorder.record(
      { action: 'create', process: on.name, keyId: 'a new one' },
      () => on.app.manage('POST', '/keys', body, { 'X-Test-Owner': ownerId, ...headers }),
      (created) => {
        const keyId = String(created.body['id']);
        return { keyId, gives: given.map((purpose) => `${keyId}#1 ${purpose}`) };
      },
    );
    if (answer?.status !== 201) return null;
    return new TestedKey(String(answer.body['id']), ownerId, String(answer.body['key']), recorder);
  }

  /** Gets one more access token for the first secret; before anything is taken away. */
  async exchange(on: Member): Promise<void> {
    await this.#recorder.record(
      { action: 'exchange', process: on.name, keyId: this.id },
      () => on.app.exchange(this.#tokens[0] as string),
      ({ body }) => {
        this.#accessTokens.push(String(body['access_token']));
        return { gives: this.#ofAccessToken(this.#accessTokens.length).map(({ capability }) => capability) };
      },
    );
  }

  /** Lets the key make a child, or its newest descendant one; before anything is taken away. */
  async makeChild(on: Member): Promise<void> {
    const maker = this.#descendants.at(-1)?.token ?? (this.#tokens.at(-1) as string);
    await this.#recorder.record(
      { action: 'make child', process: on.name, keyId: this.id },
      () => on.app.makeChild(maker, { name: 'child', scopes }),
      ({ body }) => {
        const keyId = String(body['id']);
        this.#descendants.push({ id: keyId, token: String(body['key']) });
        const gives = this.#ofDescendant(this.#descendants.length).map(({ capability }) => capability);
        return { keyId, gives };
      },
    );
  }

  /** The newest secret that was shown. */
  usable(purpose: Purpose): Usable {
    return this.#usable(this.#tokens.length, purpose);
  }

  /** All secrets and access tokens that were shown, and those of its descendants, for both purposes. */
  everything(): readonly Usable[] {
    return [...this.#own(), ...this.#descendants.flatMap((_, index) => this.#ofDescendant(index + 1))];
  }

  /** The newest secret, and those of its descendants. */
  withDescendants(purpose: Purpose): readonly Usable[] {
    return [this.usable(purpose), ...this.ofDescendants(purpose)];
  }

  #own(): readonly Usable[] {
    const secrets = this.#tokens.flatMap((_, index) =>
      purposes.map((purpose) => this.#usable(index + 1, purpose)),
    );
    return [...secrets, ...this.#accessTokens.flatMap((_, index) => this.#ofAccessToken(index + 1))];
  }

  /** Its children and theirs: their ids, the first one first. */
  get descendantIds(): readonly string[] {
    return this.#descendants.map(({ id }) => id);
  }

  /** The secrets of its descendants. */
  ofDescendants(purpose: Purpose): readonly Usable[] {
    return this.#descendants.flatMap((_, index) =>
      this.#ofDescendant(index + 1).filter((each) => each.purpose === purpose),
    );
  }

  /** The latest end that it was given, by the wall clock. */
  get endsAt(): number {
    return this.#endsAt;
  }

  get accessTokensShown(): number {
    return this.#accessTokens.length;
  }

  get secretsShown(): number {
    return this.#tokens.length;
  }

  #ofAccessToken(number: number): readonly Usable[] {
    const token = this.#accessTokens[number - 1] as string;
    return purposes.map((purpose) => ({
      ...{ keyId: this.id, token, purpose },
      capability: `${this.id}~${number} ${purpose}`,
    }));
  }

  #ofDescendant(number: number): readonly Usable[] {
    const token = this.#descendants[number - 1]?.token ?? '';
    return purposes.map((purpose) => ({
      ...{ keyId: this.id, token, purpose },
      capability: `${this.id}>${number} ${purpose}`,
    }));
  }

  #usable(number: number, purpose: Purpose): Usable {
    const token = this.#tokens[number - 1] as string;
    return { keyId: this.id, token, purpose, capability: `${this.id}#${number} ${purpose}` };
  }

  #capabilities(side: Side): readonly Capability[] {
    return (side === 'own' ? this.#own() : this.everything())
      .filter(({ purpose }) => side !== 'write' || purpose === 'write')
      .map(({ capability }) => capability);
  }

  use(usable: Usable, on: Member): Promise<TimedAnswer | null> {
    return this.#recorder.record(
      { action: 'use', process: on.name, keyId: this.id, needs: usable.capability },
      () => on.app.use(usable.token, usable.purpose === 'read' ? 'GET' : 'POST'),
    );
  }

  revoke(on: Member): Promise<TimedAnswer | null> {
    return this.#change('revoke', on, 'everything', () =>
      on.app.manage('POST', `/keys/${this.id}/revoke`, undefined, this.#asOwner),
    );
  }

  /** Revokes one of the access tokens, counted from 1. What is not confirmed counts as "effective by", as with keys. */
  revokeToken(number: number, on: Member): Promise<TimedAnswer | null> {
    const takes = this.#ofAccessToken(number).map(({ capability }) => capability);
    return this.#recorder.record(
      { action: 'revoke token', process: on.name, keyId: this.id, takes },
      async () =>
        asEffectiveBy(
          await on.app.takeBack(this.#tokens[0] as string, this.#accessTokens[number - 1] as string),
        ),
    );
  }

  disable(on: Member): Promise<TimedAnswer | null> {
    return this.#change('disable', on, 'everything', () => this.#patch(on, { enabled: false }));
  }

  /** Takes the right to write away. */
  narrow(on: Member): Promise<TimedAnswer | null> {
    return this.#change('narrow', on, 'write', () => this.#patch(on, { scopes: ['orders:read'] }));
  }

  enable(on: Member): Promise<TimedAnswer | null> {
    return this.#giveBack('enable', on, 'everything', { enabled: true });
  }

  /** Gives the key an end, so many milliseconds from now. */
  async expire(on: Member, inMs: number): Promise<TimedAnswer | null> {
    const takesAtWall = Date.now() + inMs;
    this.#endsAt = Math.max(this.#endsAt, takesAtWall);
    const planned = { action: 'expire', process: on.name, keyId: this.id, takesAtWall } as const;
    const takes = this.#capabilities('everything');
    const answer = await this.#recorder.record({ ...planned, takes }, () =>
      this.#patch(on, { expiresAt: new Date(takesAtWall).toISOString() }),
    );
    this.#learn(answer);
    return answer;
  }

  /** Takes its end off again. */
  prolong(on: Member): Promise<TimedAnswer | null> {
    return this.#giveBack('prolong', on, 'everything', { expiresAt: null });
  }

  /** Disables its first child, with which all keys below that end, and the key itself does not. */
  disableChild(on: Member): Promise<TimedAnswer | null> {
    return this.#changeChild('disable', on, 'takes', (path) =>
      on.app.manage('PATCH', path, { enabled: false }, this.#asOwner),
    );
  }

  enableChild(on: Member): Promise<TimedAnswer | null> {
    return this.#changeChild('enable', on, 'gives', (path) =>
      on.app.manage('PATCH', path, { enabled: true }, this.#asOwner),
    );
  }

  revokeChild(on: Member): Promise<TimedAnswer | null> {
    return this.#changeChild('revoke', on, 'takes', (path) =>
      on.app.manage('POST', `${path}/revoke`, undefined, this.#asOwner),
    );
  }

  #changeChild(
    action: 'disable' | 'enable' | 'revoke',
    on: Member,
    side: 'takes' | 'gives',
    send: (path: string) => Promise<TimedAnswer>,
  ): Promise<TimedAnswer | null> {
    const [child] = this.#descendants;
    if (child === undefined) throw new Error('The key has no child');
    const below = purposes.flatMap((purpose) => this.ofDescendants(purpose));
    const planned = { action, process: on.name, keyId: child.id };
    return this.#recorder.record({ ...planned, [side]: below.map(({ capability }) => capability) }, () =>
      send(`/keys/${child.id}`),
    );
  }

  /** Gives the right to write back. */
  widen(on: Member): Promise<TimedAnswer | null> {
    return this.#giveBack('widen', on, 'write', { scopes });
  }

  async #giveBack(
    action: 'enable' | 'prolong' | 'widen',
    on: Member,
    side: Side,
    body: object,
  ): Promise<TimedAnswer | null> {
    // What it gives is known before: it may happen without an answer.
    const gives = this.#capabilities(side);
    const answer = await this.#recorder.record({ action, process: on.name, keyId: this.id, gives }, () =>
      this.#patch(on, body),
    );
    this.#learn(answer);
    return answer;
  }

  /** Lets an actor that may not give the right to write update the key to have it: a key that has it keeps it, no other gets it. */
  regive(on: Member): Promise<TimedAnswer | null> {
    return this.#recorder.record({ action: 'regive', process: on.name, keyId: this.id }, () =>
      this.#patch(on, { scopes }, bounded),
    );
  }

  /** Lets that actor ask for a secret of this key, which may write, and for another key that may. */
  async exceed(on: Member): Promise<void> {
    const exceed = { action: 'exceed', process: on.name, keyId: this.id } as const;
    await this.#recorder.record(exceed, () => this.#rotate(on, bounded));
    const headers = { ...this.#asOwner, ...bounded };
    await this.#recorder.record(exceed, () =>
      on.app.manage('POST', '/keys', { name: 'CI', scopes }, headers),
    );
  }

  rotate(on: Member, race?: string): Promise<TimedAnswer | null> {
    const headers: Record<string, string> = race === undefined ? {} : { 'If-Match': `"${this.#version}"` };
    return this.#change('rotate', on, 'own', () => this.#rotate(on, headers), race);
  }

  get #asOwner(): Record<string, string> {
    return { 'X-Test-Owner': this.ownerId };
  }

  /** Suspends the owner. */
  suspend(on: Member): Promise<TimedAnswer | null> {
    return this.#changeOwner('suspend', on, { takes: this.#capabilities('everything') });
  }

  /** Resumes the owner. What it gives is known before: it may happen without an answer. */
  resume(on: Member): Promise<TimedAnswer | null> {
    return this.#changeOwner('resume', on, { gives: this.#capabilities('everything') });
  }

  /** Gives the owner a plan that includes nothing. */
  demote(on: Member): Promise<TimedAnswer | null> {
    return this.#changeOwner('demote', on, { takes: this.#capabilities('everything') });
  }

  /** Takes the right to write away from all keys of the owner, whatever its plan says. */
  restrict(on: Member): Promise<TimedAnswer | null> {
    return this.#changeOwner('restrict', on, { takes: this.#capabilities('write') });
  }

  /** Gives the owner the plan that includes everything, without overrides. */
  promote(on: Member): Promise<TimedAnswer | null> {
    return this.#changeOwner('promote', on, { gives: this.#capabilities('everything') });
  }

  #changeOwner(
    action: OwnerChange,
    on: Member,
    sides: Pick<Planned, 'takes' | 'gives'>,
  ): Promise<TimedAnswer | null> {
    const { id: keyId, ownerId } = this;
    return this.#recorder.record({ action, process: on.name, keyId, ownerId, ...sides }, () =>
      changeOwner(on.app, ownerId, action),
    );
  }

  #patch(on: Member, body: object, headers: Record<string, string> = {}): Promise<TimedAnswer> {
    return on.app.manage('PATCH', `/keys/${this.id}`, body, { ...this.#asOwner, ...headers });
  }

  #rotate(on: Member, headers: Record<string, string>): Promise<TimedAnswer> {
    return on.app.manage('POST', `/keys/${this.id}/rotate`, {}, { ...this.#asOwner, ...headers });
  }

  async #change(
    action: 'revoke' | 'disable' | 'narrow' | 'rotate',
    on: Member,
    side: Side,
    send: () => Promise<TimedAnswer>,
    race?: string,
  ): Promise<TimedAnswer | null> {
    const answer = await this.#recorder.record(
      { action, process: on.name, keyId: this.id, takes: this.#capabilities(side), race },
      send,
      ({ body }) => {
        if (typeof body['key'] !== 'string') return {};
        this.#tokens.push(body['key']);
        const number = this.#tokens.length;
        return { gives: purposes.map((purpose) => this.#usable(number, purpose).capability) };
      },
    );
    this.#learn(answer);
    return answer;
  }

  #learn(answer: TimedAnswer | null): void {
    const version = answer?.body['version'];
    if (typeof version === 'number') this.#version = Math.max(this.#version, version);
  }
}

/** The token endpoint has no 202: it answers 503 that names the time, and 503 that names none when nothing may be stored. */
function asEffectiveBy(answer: TimedAnswer): TimedAnswer {
  const [, effectiveBy] = /ends by ([^;]+);/.exec(String(answer.body['error_description'])) ?? [];
  return effectiveBy === undefined ? answer : { ...answer, status: 202, body: { effectiveBy } };
}
