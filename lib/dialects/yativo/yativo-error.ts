import { problems, type ApiKeysError } from '../../errors.js';
import { mapByFamily } from '../map-by-family.js';
import type { DialectAnswer } from '../send-answer.js';

/** The documented codes, and additional ones for cases that the documents do not cover. */
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

/** The code of each problem family. */
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

/**
 * The messages about credentials: the documents know access tokens alone, so a message about an API key would mislead their
 * readers into sending the key.
 */
const tokenMessages = {
  missing_credential: 'Send an access token: Authorization: Bearer YOUR_ACCESS_TOKEN.',
  invalid_token: 'The access token is invalid or has expired. Request another one.',
} as const;

/** The message for a token request with an invalid pair, whatever the reason. */
export const invalidPairMessage = 'Invalid, expired, or revoked API key';

/** Answers an error in the formats of all generations at once. The sender adds the error's own headers. */
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

/** The fields of every error body. */
export function createErrorBody(error: string, message: string): object {
  return { success: false, status: 'error', error, message };
}

function getMessage({ problem, message, expose, refusal }: ApiKeysError): string {
  if (problem === 'insufficient_scope' && refusal?.missingScopes !== undefined) {
    const missing = refusal.missingScopes.map((scope) => `'${scope}'`).join(' and ');
    return `API key does not have the ${missing} permission${refusal.missingScopes.length === 1 ? '' : 's'}`;
  }
  // A message of its own, as for a wrong challenge, says more than these.
  const isUsual = message === problems[problem].detail || problem === 'missing_credential';
  if (isUsual && Object.hasOwn(tokenMessages, problem)) {
    return tokenMessages[problem as keyof typeof tokenMessages];
  }
  return expose ? message : problems[problem].detail;
}
