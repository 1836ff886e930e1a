import { ApiKeysError } from '../../errors.js';
import type { RefusalHandler } from '../../http/refusal-handler.js';
import { sendAnswer } from '../send-answer.js';
import { answerYativoError } from './yativo-error.js';

/**
 * Answers requests that a guard refuses with the errors of this dialect, on the app's own routes:
 * `requireApiKey('orders:read', { onRefusal: yativoRefusal })`.
 */
export const yativoRefusal: RefusalHandler = (refusal, _req, res) => {
  const { code, detail, headers } = refusal;
  const answer = answerYativoError(new ApiKeysError(code, { detail, headers, refusal }));
  sendAnswer(res, { ...answer, headers: { ...headers, 'Cache-Control': 'no-store' } });
};
