import type { DescribedAnswer } from '../endpoint.js';

/** The response with one owner. */
export const ownerAnswer: DescribedAnswer = {
  description: 'The owner.',
  schema: 'Owner',
  headers: ['ETag'],
};

/** The response with one owner, and what is left of the credits of the plan. */
export const ownerWithCreditsAnswer: DescribedAnswer = { ...ownerAnswer, schema: 'OwnerWithCredits' };

/** The responses to a change of an owner. */
export const ownerChangeAnswers: { readonly 200: DescribedAnswer; readonly 202: DescribedAnswer } = {
  200: {
    ...ownerAnswer,
    description: 'The change was made, and every process sees it.',
    headers: ['ETag', 'Idempotency-Replayed'],
  },
  202: {
    description: 'The change was made; every process sees it from `effectiveBy` on.',
    schema: 'PendingOwner',
    headers: ['ETag', 'Idempotency-Replayed'],
  },
};
