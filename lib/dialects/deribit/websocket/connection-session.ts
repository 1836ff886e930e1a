import { noScope } from '../../../domain/scope-requirement.js';
import type { RefusalCode } from '../../../domain/verdict.js';
import { toProblem } from '../../../http/to-problem.js';
import { createApplicationContext } from '../application-context.js';
import { DeribitError } from '../deribit-error.js';
import type { PublicContext } from '../deribit-method.js';
import type { SharedDeribitParts } from '../deribit-parts.js';
import { findSession } from '../token-terms.js';
import type { ConnectionCounts } from './connection-counts.js';

/** What `public/auth` returns, as far as a connection needs it. */
interface IssuedTokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
  readonly scope: string;
}

/** The key and the tokens that a connection is authenticated by. */
interface Tokens {
  readonly keyId: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
  /** Whether they end with the connection, because they belong to no session. */
  readonly isOfConnection: boolean;
  readonly context: PublicContext;
  /** Stops listening for changes of the key. */
  readonly forget: () => void;
}

/** What happens to the authentication of a connection. */
export interface SessionEvents {
  readonly onBegin: () => void;
  readonly onEnd: () => void;
  /** The key, its secret or its tokens were revoked, or its owner was suspended. */
  readonly onRevoked: () => void;
}

/** After an outage, in milliseconds. */
const checkAgainMs = 1000;

/** Refusals that a change of the key, of one above it or of its owner has caused. */
const keyStates: readonly RefusalCode[] = [
  'key_revoked',
  'key_disabled',
  'key_expired',
  'owner_suspended',
  'secret_rotated',
];

/** The authentication of one connection: none, or the tokens that `public/auth` has returned to it. */
export class ConnectionSession {
  readonly #parts: SharedDeribitParts;
  readonly #perKey: ConnectionCounts;
  readonly #events: SessionEvents;
  #tokens: Tokens | null = null;
  #isClosed = false;

  constructor(parts: SharedDeribitParts, perKey: ConnectionCounts, events: SessionEvents) {
    this.#parts = parts;
    this.#perKey = perKey;
    this.#events = events;
  }

  /** `null` when the connection is not authenticated. */
  get accessToken(): string | null {
    return this.#tokens?.accessToken ?? null;
  }

  /**
   * Authenticates the connection by tokens that were issued to it just now, in place of others.
   *
   * @throws DeribitError 10028 when the key has as many connections as it may have; the tokens are then revoked
   */
  async begin(context: PublicContext, result: unknown): Promise<void> {
    const issued = result as IssuedTokens;
    const { host, keyspace } = this.#parts;
    const changes = createApplicationContext(context);
    const { keyId } = await keyspace.tokens().findChain(changes, issued.refresh_token);
    const isOfSameKey = this.#tokens?.keyId === keyId;
    if (this.#isClosed || (!isOfSameKey && !this.#perKey.take(keyId))) {
      await keyspace.tokens().revoke({ keyId }, changes, issued.refresh_token);
      throw new DeribitError('too_many_requests', { wait: 1, reason: 'too many connections of this key' });
    }
    const previous = this.#tokens;
    this.#release(isOfSameKey);
    this.#tokens = {
      keyId,
      accessToken: issued.access_token,
      refreshToken: issued.refresh_token,
      expiresAt: host.clock.now() + issued.expires_in * 1000,
      isOfConnection: findSession(issued.scope.split(' ')) === null,
      context,
      forget: host.onKeyChange(keyId, () => void this.#check()),
    };
    this.#events.onBegin();
    // What has changed before it was listened to.
    void this.#check();
    const isRefreshed = previous?.refreshToken === context.params['refresh_token'];
    if (previous?.isOfConnection === true && !isRefreshed) await this.#revokeTokens(previous);
  }

  /** The tokens were refused: the client may refresh them, or authenticate again. Until the connection ends they are kept. */
  end(): void {
    this.#events.onEnd();
  }

  /** Revokes the tokens, with every other one of their chain. */
  async revoke(): Promise<void> {
    const tokens = this.#tokens;
    if (tokens === null) return;
    // After a failure they can be revoked again, at the latest when the connection is closed.
    await this.#revokeTokens(tokens);
    if (this.#tokens === tokens) this.#release(false);
  }

  /** The tokens are to stay when the connection ends. */
  keep(): void {
    this.#release(false);
  }

  /** The connection is closed: tokens without a session end with it. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    try {
      if (this.#tokens?.isOfConnection === true) await this.revoke();
    } catch (error) {
      this.#parts.host.reportError('the Deribit WebSocket', toProblem(error));
    }
    this.#release(false);
  }

  async #revokeTokens(tokens: Tokens): Promise<void> {
    const changes = createApplicationContext(tokens.context);
    await this.#parts.keyspace.tokens().revoke(tokens, changes, tokens.refreshToken);
  }

  #release(isKeyKept: boolean): void {
    const tokens = this.#tokens;
    this.#tokens = null;
    tokens?.forget();
    if (tokens !== null && !isKeyKept) this.#perKey.release(tokens.keyId);
  }

  /** Something of the key may have changed. An outage is no refusal: it is asked again until that is known. */
  async #check(): Promise<void> {
    const tokens = this.#tokens;
    if (tokens === null) return;
    const { keyspace, host } = this.#parts;
    try {
      const verdict = await keyspace.tokenVerifier().verify({
        ...{ token: tokens.accessToken, requirement: noScope, cost: 0 },
        address: (purpose?: 'decide') => tokens.context.call.address(purpose),
      });
      if (verdict.allowed || this.#tokens !== tokens) return;
      const isExpired = host.clock.now() >= tokens.expiresAt;
      const isRevoked = verdict.code === 'invalid_token' && !isExpired;
      if (isRevoked || keyStates.includes(verdict.code)) this.#events.onRevoked();
    } catch (error) {
      host.reportError('the Deribit WebSocket', toProblem(error));
      if (this.#tokens === tokens) setTimeout(() => void this.#check(), checkAgainMs).unref();
    }
  }
}
