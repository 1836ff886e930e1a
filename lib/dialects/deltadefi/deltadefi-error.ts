import type { ApiKeysError } from '../../errors.js';
import { mapByFamily } from '../map-by-family.js';
import type { DialectAnswer } from '../send-answer.js';

/** DeltaDeFi's list of status codes; the spelling is its own. */
const sentences = {
  4000: 'Invalid request data',
  4010: 'Unauthorized access',
  4290: 'Rate limit exceeded, please try again later',
  5000: 'Internal Server Error',
  5001: 'System resources temporaily unavailable',
} as const;

type DeltadefiCode = keyof typeof sentences;

/** The documents define no code for forbidden: it is unauthorized there, with 403. */
const toCode = mapByFamily<DeltadefiCode>({
  invalid: 4000,
  headers: 4000,
  method: 4000,
  size: 4000,
  media_type: 4000,
  not_found: 4000,
  conflict: 4000,
  authentication: 4010,
  credential: 4010,
  permission: 4010,
  step_up: 4010,
  throttling: 4290,
  internal: 5000,
  unavailable: 5001,
});

/** A key is the only resource there. */
const notFoundSentence = 'API key not found';

/** `msg` repeats `error`: the Python client reads it, and fails without it. */
export function answerDeltadefiError({ problem, status }: ApiKeysError): DialectAnswer {
  const code = toCode(problem);
  const error = problem === 'not_found' ? notFoundSentence : sentences[code];
  return { status, body: { error, code, msg: error } };
}
