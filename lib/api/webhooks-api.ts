import type { EventType } from '../domain/event-type.js';
import type { Webhook } from '../domain/webhook.js';
import type { WebhookDelivery } from '../domain/webhook-delivery.js';
import type { DeliveryFilter } from '../events/list-deliveries.js';
import type { WebhookTestResult } from '../events/show-test-result.js';
import type { Page } from '../manage/list-page.js';
import type { CallOptions, ChangeOptions, ExpectedVersionOption } from './call-options.js';
import type { OwnerManager } from './owners-api.js';

/** Which webhook a command is about. */
export interface WebhookReference {
  readonly id: string;
}

/** A new webhook. */
export interface NewWebhook {
  /** Where events are sent to: `https://`, without a user name. Redirects are not followed. */
  readonly url: string;
  /** Up to 500 characters. Default: `null`. */
  readonly description?: string | null;
  /** The types of events that it gets. Default: `null`, all of them. */
  readonly types?: readonly EventType[] | null;
  /** Default: `true`. */
  readonly enabled?: boolean;
}

/** Changes of a webhook; what is left out stays as it is. */
export interface WebhookUpdate extends WebhookReference, Partial<NewWebhook> {}

/** A rotation of the secret of a webhook. */
export interface WebhookRotation extends WebhookReference {
  /** How long the secret before it signs as well, 0 to 2,592,000 seconds. Default: 86,400, a day. */
  readonly overlapSeconds?: number;
}

/** A webhook whose secret was made just now. */
export interface WebhookSecret extends Webhook {
  /** `whsec_` and base64. It is returned only once. */
  readonly secret: string;
}

/** Which deliveries of a webhook to list. */
export interface WebhookDeliveries extends WebhookReference, DeliveryFilter {}

/** Which dead deliveries to attempt again. */
export interface WebhookReplay extends WebhookReference {
  /** Those of these events, at most 100. Default: all dead deliveries of the webhook. */
  readonly sequences?: readonly number[];
}

/**
 * The commands of `apiKeys.webhooks` on behalf of one actor: what `webhooks.as(actor)` returns. Errors that all of them throw are
 * listed at {@link WebhooksApi}.
 */
export interface ActingWebhooksApi {
  /**
   * Adds an endpoint, which gets the events from now on. There can be 100.
   *
   * @throws ApiKeysError `ERR_API_KEYS_INVALID_REQUEST`; `ERR_API_KEYS_CONFLICT` when there are 100
   *
   * @example
   * const { id, secret } = await webhooks.create({ url: 'https://crm.acme.example/api-keys', types: ['api_key.revoked'] });
   */
  create(input: NewWebhook): Promise<WebhookSecret>;

  /**
   * All of them, by their ids, on one page.
   *
   * @example
   * const { items } = await webhooks.list();
   */
  list(): Promise<Page<Webhook>>;

  /**
   * One of them.
   *
   * @throws ApiKeysError `ERR_API_KEYS_NOT_FOUND`
   *
   * @example
   * const { enabled, disabledReason } = await webhooks.get({ id });
   */
  get(input: WebhookReference): Promise<Webhook>;

  /**
   * Changes an endpoint. While it is not enabled, nothing is sent; enabled again, it gets what has happened meanwhile.
   *
   * @throws ApiKeysError `ERR_API_KEYS_INVALID_REQUEST`, `ERR_API_KEYS_NOT_FOUND`; `ERR_API_KEYS_PRECONDITION_FAILED` for another
   * version than expected
   *
   * @example
   * await webhooks.update({ id, enabled: true });
   */
  update(input: WebhookUpdate, options?: ExpectedVersionOption): Promise<Webhook>;

  /**
   * Removes an endpoint, with all that was not delivered to it, and returns it as it was.
   *
   * @throws ApiKeysError `ERR_API_KEYS_NOT_FOUND`; `ERR_API_KEYS_PRECONDITION_FAILED` for another version than expected
   *
   * @example
   * await webhooks.delete({ id });
   */
  delete(input: WebhookReference, options?: ExpectedVersionOption): Promise<Webhook>;

  /**
   * Makes a new secret. For a while, requests are signed with the one before as well.
   *
   * @throws ApiKeysError `ERR_API_KEYS_INVALID_REQUEST`, `ERR_API_KEYS_NOT_FOUND`; `ERR_API_KEYS_PRECONDITION_FAILED` for another
   * version than expected
   *
   * @example
   * const { secret } = await webhooks.rotateSecret({ id, overlapSeconds: 3600 });
   */
  rotateSecret(input: WebhookRotation, options?: ExpectedVersionOption): Promise<WebhookSecret>;

  /**
   * Sends an event `webhook.test` at once, and reports what came of it.
   *
   * @throws ApiKeysError `ERR_API_KEYS_NOT_FOUND`
   *
   * @example
   * const { delivered, error } = await webhooks.test({ id });
   */
  test(input: WebhookReference): Promise<WebhookTestResult>;

  /**
   * The events that an endpoint has not taken, the oldest first.
   *
   * @throws ApiKeysError `ERR_API_KEYS_INVALID_REQUEST`, `ERR_API_KEYS_NOT_FOUND`
   *
   * @example
   * const { items } = await webhooks.listDeliveries({ id, dead: true });
   */
  listDeliveries(input: WebhookDeliveries): Promise<Page<WebhookDelivery>>;

  /**
   * Attempts dead deliveries again, from the first attempt on.
   *
   * @throws ApiKeysError `ERR_API_KEYS_INVALID_REQUEST`, `ERR_API_KEYS_NOT_FOUND`
   *
   * @example
   * const { replayed } = await webhooks.replay({ id });
   */
  replay(input: WebhookReplay): Promise<{ readonly replayed: number }>;
}

/**
 * The endpoints that events are sent to. `webhooks.as(actor)` is the short way; with `(input, { actor })` each call names its own
 * actor: an admin or the app itself.
 *
 * All methods throw ApiKeysError with a `code`: `ERR_API_KEYS_FORBIDDEN` to owners, `ERR_API_KEYS_UNAVAILABLE` when the database
 * does not respond; the change may have been made. InvalidOptionError (`ERR_API_KEYS_INVALID_OPTION`) is thrown without the option
 * `events.webhooks`, for a missing or invalid actor, unknown options, and values that are `undefined`.
 */
export interface WebhooksApi {
  /**
   * The same on behalf of one actor, which is checked and copied here.
   *
   * @throws InvalidOptionError (`ERR_API_KEYS_INVALID_OPTION`) for an actor that is missing or invalid
   *
   * @example
   * const webhooks = apiKeys.webhooks.as({ kind: 'application' });
   */
  as(actor: OwnerManager): ActingWebhooksApi;

  /** See {@link ActingWebhooksApi.create}. */
  create(input: NewWebhook, options: CallOptions): Promise<WebhookSecret>;

  /** See {@link ActingWebhooksApi.list}. */
  list(input: Readonly<Record<string, never>>, options: CallOptions): Promise<Page<Webhook>>;

  /** See {@link ActingWebhooksApi.get}. */
  get(input: WebhookReference, options: CallOptions): Promise<Webhook>;

  /** See {@link ActingWebhooksApi.update}. */
  update(input: WebhookUpdate, options: ChangeOptions): Promise<Webhook>;

  /** See {@link ActingWebhooksApi.delete}. */
  delete(input: WebhookReference, options: ChangeOptions): Promise<Webhook>;

  /** See {@link ActingWebhooksApi.rotateSecret}. */
  rotateSecret(input: WebhookRotation, options: ChangeOptions): Promise<WebhookSecret>;

  /** See {@link ActingWebhooksApi.test}. */
  test(input: WebhookReference, options: CallOptions): Promise<WebhookTestResult>;

  /** See {@link ActingWebhooksApi.listDeliveries}. */
  listDeliveries(input: WebhookDeliveries, options: CallOptions): Promise<Page<WebhookDelivery>>;

  /** See {@link ActingWebhooksApi.replay}. */
  replay(input: WebhookReplay, options: CallOptions): Promise<{ readonly replayed: number }>;
}
