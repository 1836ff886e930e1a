import { problems, type ApiKeysError } from '../../errors.js';
import { mapByFamily } from '../map-by-family.js';
import type { DialectAnswer } from '../send-answer.js';

/**
 * No document specifies a failure or its status: these are the usual ones, without the rarer ones of the admin router.
 */
const toStatus = mapByFamily({
  invalid: 400,
  headers: 431,
  method: 405,
  size: 413,
  media_type: 400,
  not_found: 404,
  conflict: 400,
  authentication: 401,
  credential: 401,
  permission: 403,
  step_up: 403,
  throttling: 429,
  internal: 500,
  unavailable: 503,
});

/** Which of both begins with `ak_`, as the documents have it. */
const missingCredentialMessage =
  'Send an access token or an API key: Authorization: Bearer {TOKEN/KEY}. API keys begin with ak_.';

/** The envelope of every failure. */
export function answerNebulaError({ problem, expose, message }: ApiKeysError): DialectAnswer {
  const usual = expose ? message : problems[problem].detail;
  const text = problem === 'missing_credential' ? missingCredentialMessage : usual;
  return { status: toStatus(problem), body: { data: {}, message: text, status: 'failed' } };
}
