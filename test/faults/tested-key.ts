import type { Capability } from './history.js';
import type { TimedAnswer } from '../harness/start-orders.js';
import type { HistoryRecorder } from './history-recorder.js';
import type { Member } from './fleet.js';

const purposes = ['read', 'write'] as const;
type Purpose = (typeof purposes)[number];

/** What a change of a key does to what its secrets are good for. */
type Side = 'nothing' | 'write' | 'everything';

/** Something to use: a token, and what for. */
export interface Usable {
  readonly keyId: string;
  readonly token: string;
  readonly purpose: Purpose;
  readonly capability: Capability;
}

/** One key that clients use and change, and what they have been told of it. Changed by one client at a time. */
export class TestedKey {
  readonly id: string;
  readonly #recorder: HistoryRecorder;
  readonly #tokens: string[];
  /** Given for the first secret, so that it ends with it. */
  #accessToken: string | null = null;
  #version = 1;

  private constructor(id: string, token: string, recorder: HistoryRecorder) {
    this.id = id;
    this.#tokens = [token];
    this.#recorder = recorder;
  }

  /** Makes a key that may read and write; `null` when that was not acknowledged. */
  static async create(recorder: HistoryRecorder, on: Member): Promise<TestedKey | null> {
    const body = { name: 'CI', scopes: ['orders:read', 'orders:write'] };
    const answer = await recorder.record(
      { action: 'create', process: on.name, keyId: 'a new one' },
      () => on.app.manage('POST', '/keys', body),
      (created) => {
        const keyId = String(created.body['id']);
        return { keyId, gives: purposes.map((purpose) => `${keyId}#1 ${purpose}`) };
      },
    );
    if (answer?.status !== 201) return null;
    return new TestedKey(String(answer.body['id']), String(answer.body['key']), recorder);
  }

  /** Gets an access token that stands for the first secret from then on; before anything is taken away. */
  async exchange(on: Member): Promise<void> {
    const answer = await this.#recorder.record({ action: 'exchange', process: on.name, keyId: this.id }, () =>
      on.app.exchange(this.#tokens[0] as string),
    );
    if (answer?.status === 200) this.#accessToken = String(answer.body['access_token']);
  }

  /** The newest secret that was shown. */
  usable(purpose: Purpose): Usable {
    return this.#usable(this.#tokens.length, purpose);
  }

  /** All secrets that were shown and the access token, for both purposes. */
  everything(): readonly Usable[] {
    const secrets = this.#tokens.flatMap((_, index) =>
      purposes.map((purpose) => this.#usable(index + 1, purpose)),
    );
    const token = this.#accessToken;
    if (token === null) return secrets;
    return [...secrets, ...purposes.map((purpose) => ({ ...this.#usable(1, purpose), token }))];
  }

  get secretsShown(): number {
    return this.#tokens.length;
  }

  #usable(number: number, purpose: Purpose): Usable {
    const token = this.#tokens[number - 1] as string;
    return { keyId: this.id, token, purpose, capability: `${this.id}#${number} ${purpose}` };
  }

  #capabilities(side: Side): readonly Capability[] {
    return this.everything()
      .filter(({ purpose }) => side === 'everything' || purpose === side)
      .map(({ capability }) => capability);
  }

  use(usable: Usable, on: Member): Promise<TimedAnswer | null> {
    return this.#recorder.record(
      { action: 'use', process: on.name, keyId: this.id, needs: usable.capability },
      () => on.app.use(usable.token, usable.purpose === 'read' ? 'GET' : 'POST'),
    );
  }

  revoke(on: Member): Promise<TimedAnswer | null> {
    return this.#change('revoke', on, 'everything', () => on.app.manage('POST', `/keys/${this.id}/revoke`));
  }

  disable(on: Member): Promise<TimedAnswer | null> {
    return this.#change('disable', on, 'everything', () => this.#patch(on, { enabled: false }));
  }

  /** Takes the right to write away. */
  narrow(on: Member): Promise<TimedAnswer | null> {
    return this.#change('narrow', on, 'write', () => this.#patch(on, { scopes: ['orders:read'] }));
  }

  async enable(on: Member): Promise<TimedAnswer | null> {
    // What it gives is known before: it may happen without an answer.
    const gives = this.#capabilities('everything');
    const answer = await this.#recorder.record(
      { action: 'enable', process: on.name, keyId: this.id, gives },
      () => this.#patch(on, { enabled: true }),
    );
    this.#learn(answer);
    return answer;
  }

  rotate(on: Member, race?: string): Promise<TimedAnswer | null> {
    const headers: Record<string, string> = race === undefined ? {} : { 'If-Match': `"${this.#version}"` };
    return this.#change('rotate', on, 'everything', () => this.#rotate(on, headers), race);
  }

  #patch(on: Member, body: object): Promise<TimedAnswer> {
    return on.app.manage('PATCH', `/keys/${this.id}`, body);
  }

  #rotate(on: Member, headers: Record<string, string>): Promise<TimedAnswer> {
    return on.app.manage('POST', `/keys/${this.id}/rotate`, {}, headers);
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
