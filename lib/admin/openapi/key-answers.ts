import type { DescribedAnswer } from '../endpoint.js';

/** The response with one key. */
export const keyAnswer: DescribedAnswer = {
  description: 'The key.',
  schema: 'Key',
  headers: ['ETag'],
};

/** The responses to a change: made and seen everywhere, or made but not yet seen by every process. */
export const changeAnswers: { readonly 200: DescribedAnswer; readonly 202: DescribedAnswer } = {
  200: {
    description: 'The change was made, and every process sees it.',
    schema: 'Key',
    headers: ['ETag'],
  },
  202: {
    description: 'The change was made; every process sees it from `effectiveBy` on.',
    schema: 'PendingKey',
    headers: ['ETag'],
  },
};

/** The responses to a change that created a secret, or that created one earlier under the same `Idempotency-Key`. */
export const secretAnswers: { readonly 200: DescribedAnswer; readonly 202: DescribedAnswer } = {
  200: { ...changeAnswers[200], schema: 'KeyWithSecret', headers: ['ETag', 'Idempotency-Replayed'] },
  202: { ...changeAnswers[202], schema: 'PendingKeyWithSecret', headers: ['ETag', 'Idempotency-Replayed'] },
};
