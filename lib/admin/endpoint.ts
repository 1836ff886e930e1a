import type { ValidationChain } from 'express-validator';
import type { Actor } from '../domain/actor.js';
import type { Keyspace } from '../domain/keyspace.js';
import type { ChangeContext, KeyInput, KeyService } from '../manage/key-service.js';
import type { Clock } from '../ports/clock.js';

/** What the rules for fields depend on. */
export interface FieldRules {
  readonly keyspace: Keyspace;
  readonly clock: Clock;
}

/** One request after every check that needs no key: who asks, for what, with which fields. */
export interface AdminCall {
  readonly keys: KeyService;
  readonly context: ChangeContext;
  /** The id in the path, or of the key that calls; not yet known to exist. */
  readonly keyId: string;
  /** Fields that the endpoint's chains have accepted, and no others. */
  readonly body: KeyInput;
  /** Query parameters that the endpoint's chains have accepted, and no others. */
  readonly query: Readonly<Record<string, string | undefined>>;
  /** The header `If-Match` as it was sent. */
  readonly ifMatch: string | undefined;
  /** Where the router is mounted, for addresses in answers. */
  readonly baseUrl: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** What an endpoint answers; the router writes it. */
export interface EndpointAnswer {
  readonly status: 200 | 201 | 202;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object;
}

/** One endpoint: which fields a request may hold, and what is done with it. It never sees the response. */
export interface Endpoint {
  /** A chain for every field and query parameter that is known here. Whatever has none is refused. */
  readonly fields?: (rules: FieldRules, actor: Actor) => readonly ValidationChain[];
  readonly handle: (call: AdminCall) => Promise<EndpointAnswer>;
}
