import type { AttemptOutcome } from './attempt.js';

/** What came of sending a test event. */
export interface WebhookTestResult {
  /** Whether the endpoint has answered with a status of 2xx. */
  readonly delivered: boolean;
  /** The HTTP status, unless it was 2xx; `null` also without an answer. */
  readonly status: number | null;
  /** What went wrong, in a few words; `null` when it was delivered. */
  readonly error: string | null;
}

export function showTestResult(outcome: AttemptOutcome): WebhookTestResult {
  if (outcome.kind === 'taken') return { delivered: true, status: null, error: null };
  return { delivered: false, status: outcome.status, error: outcome.error };
}
