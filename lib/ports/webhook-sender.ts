/** Sends requests to endpoints of webhooks. */
export interface WebhookSender {
  /** Why nothing can be sent to a URL, as the end of a sentence that begins with it: `must begin with https://`; `null` if it can. */
  check(url: string): string | null;
  /**
   * Sends one request. Resolves with the status as soon as there is one, whatever follows it.
   *
   * @throws WebhookSendError without an answer in time
   */
  send(request: WebhookRequest): Promise<WebhookAnswer>;
}

/** A `POST` with JSON. */
export interface WebhookRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

/** An answer without its body, which nothing is done with. */
export interface WebhookAnswer {
  readonly status: number;
  /** The header as it was sent. */
  readonly retryAfter: string | null;
}

/** There was no answer. The message says why in a few words, without anything that the other side has sent. */
export class WebhookSendError extends Error {}
