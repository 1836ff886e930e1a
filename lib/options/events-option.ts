import { eventTypeNames, type EventType } from '../domain/event-type.js';
import { InvalidOptionError } from '../errors.js';
import type { EventCallback } from '../events/call-receiver.js';
import {
  allowAbsent,
  takeFlag,
  takeFunction,
  takeListOf,
  takeText,
  takeWholeNumber,
  withDefault,
} from './option-readers.js';
import { readOptions, type OptionReader, type ReadersOf } from './read-options.js';

/** The option `events`: every change and every notice as an event, for code of the app, for webhooks, or for both. */
export interface EventsOption {
  /**
   * What the events are for, for example `crm`: 1 to 40 lower-case letters, digits, `-` and `_`. Processes that name the same share
   * the work, and it goes on where it was under this name. One that no process has had for 30 days is given up. Needed with `deliver`.
   */
  readonly name?: string | undefined;
  /**
   * Called with each event, those of one key in order. When it throws, or takes more than 30 seconds, it is called again later; it may
   * be called twice for one event, also by two processes. Events from before the name was first used are not delivered.
   */
  readonly deliver?: EventCallback | undefined;
  /**
   * The types of events that `deliver` is called with, and `events.missed`.
   *
   * @default all of them
   */
  readonly types?: readonly EventType[] | undefined;
  /**
   * Sends events to the endpoints that admins name with `apiKeys.webhooks`, as Standard Webhooks describes it.
   *
   * @default false
   */
  readonly webhooks?: boolean | WebhooksOption | undefined;
}

/** How webhooks are sent. */
export interface WebhooksOption {
  /**
   * Whether endpoints may have URLs that begin with `http://`: for tests and development.
   *
   * @default false
   */
  readonly allowInsecureHttp?: boolean | undefined;
  /**
   * Whether endpoints may have addresses that are not public, such as those of the network inside: then an admin who
   * adds a webhook can send requests to everything that this process reaches.
   *
   * @default false
   */
  readonly allowPrivateNetworks?: boolean | undefined;
  /**
   * How long an endpoint has to answer, 1 to 60 seconds.
   *
   * @default 20
   */
  readonly timeoutSeconds?: number | undefined;
}

/** The option as it was read. */
export interface ResolvedEventsOption {
  /** `null`: no code of the app gets events. */
  readonly callback: {
    readonly name: string;
    readonly deliver: EventCallback;
    readonly types: readonly EventType[] | null;
  } | null;
  /** `null`: there are no webhooks. */
  readonly webhooks: {
    readonly allowHttp: boolean;
    readonly allowPrivateNetworks: boolean;
    readonly timeoutMs: number;
  } | null;
}

const readWebhooks: OptionReader<ResolvedEventsOption['webhooks']> = (value, path) => {
  if (value === undefined || value === false) return null;
  const readers = {
    allowInsecureHttp: withDefault(takeFlag, false),
    allowPrivateNetworks: withDefault(takeFlag, false),
    timeoutSeconds: withDefault(takeWholeNumber(1, 60, 'of seconds'), 20),
  } satisfies ReadersOf<WebhooksOption>;
  const example = 'true, or an object for tests: { allowInsecureHttp: true, allowPrivateNetworks: true }';
  const given = readOptions(path, value === true ? {} : value, readers, { example });
  return {
    allowHttp: given.allowInsecureHttp,
    allowPrivateNetworks: given.allowPrivateNetworks,
    timeoutMs: given.timeoutSeconds * 1000,
  };
};

const readers = {
  name: allowAbsent(
    takeText("1 to 40 lower-case letters, digits, '-' and '_', for example 'crm'", /^[a-z0-9_-]{1,40}$/),
  ),
  deliver: allowAbsent(takeFunction<EventCallback>('a function that takes an event')),
  types: allowAbsent(takeListOf<EventType>(eventTypeNames)),
  webhooks: readWebhooks,
} satisfies ReadersOf<EventsOption>;

/** @throws InvalidOptionError */
export function readEvents(value: unknown, path: string): ResolvedEventsOption {
  if (value === undefined) return { callback: null, webhooks: null };
  const example = "{ name: 'crm', deliver: async (event) => updateCrm(event) } or { webhooks: true }";
  const { name, deliver, types, webhooks } = readOptions(path, value, readers, { example });
  if (deliver === undefined && webhooks === null) {
    throw new InvalidOptionError(`${path}: needs deliver, webhooks or both, for example ${example}`);
  }
  if (deliver === undefined) {
    if (name === undefined && types === undefined) return { callback: null, webhooks };
    throw new InvalidOptionError(`${path}: name and types belong to deliver, which is missing`);
  }
  if (name === undefined) {
    throw new InvalidOptionError(
      `${path}.name: must be given with deliver, for example 'crm': what was delivered is recorded under this name`,
    );
  }
  return { callback: { name, deliver, types: types ?? null }, webhooks };
}
