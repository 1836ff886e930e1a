import { problems, type ApiKeysError } from '../../errors.js';
import { mapByFamily } from '../map-by-family.js';
import type { DialectAnswer } from '../send-answer.js';

/** The codes of the documents, and those of what the documents do not know. */
const statuses = {
  validation_error: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  rate_limit_exceeded: 429,
  internal_error: 500,
  service_unavailable: 503,
} as const;

/** What each of our problems is called there. */
const toCode = mapByFamily<keyof typeof statuses>({
  invalid: 'validation_error',
  headers: 'validation_error',
  method: 'method_not_allowed',
  size: 'payload_too_large',
  media_type: 'unsupported_media_type',
  not_found: 'not_found',
  conflict: 'conflict',
  authentication: 'unauthorized',
  credential: 'unauthorized',
  permission: 'forbidden',
  step_up: 'forbidden',
  throttling: 'rate_limit_exceeded',
  internal: 'internal_error',
  unavailable: 'service_unavailable',
});

/** What is said to whoever asks for a token with a pair that is not good, whatever is wrong with it. */
export const invalidPairMessage = 'Invalid, expired, or revoked API key';

/** Says an error in the shapes of all generations at once. Its own headers are added by who sends it. */
export function answerYativoError(error: ApiKeysError): DialectAnswer {
  const code = toCode(error.problem);
  const retryAfter = error.headers['Retry-After'];
  const { errors } = error;
  return {
    status: statuses[code],
    body: {
      ...createErrorBody(code, getMessage(error)),
      ...(errors === undefined
        ? {}
        : { details: Object.fromEntries(errors.map(({ field, message }) => [field, message])) }),
      ...(retryAfter === undefined ? {} : { retry_after: Number(retryAfter) }),
    },
  };
}

/** What every body of an error holds. */
export function createErrorBody(error: string, message: string): object {
  return { success: false, status: 'error', error, message };
}

function getMessage({ problem, message, expose, refusal }: ApiKeysError): string {
  if (problem === 'insufficient_scope' && refusal?.missingScopes !== undefined) {
    const missing = refusal.missingScopes.map((scope) => `'${scope}'`).join(' and ');
    return `API key does not have the ${missing} permission${refusal.missingScopes.length === 1 ? '' : 's'}`;
  }
  return expose ? message : problems[problem].detail;
}
