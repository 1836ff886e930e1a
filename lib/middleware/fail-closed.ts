import { STATUS_CODES } from 'node:http';
import type { Request, RequestHandler } from 'express';
import { ApiKeysError } from '../errors.js';
import { describeHandler } from '../http/handler-description.js';
import { describeMethod } from '../http/describe-method.js';
import { describeRoute } from '../http/describe-route.js';
import type { MountWords } from '../http/mount-words.js';
import type { ProblemTypes } from '../http/problem-types.js';
import { composeProblem } from '../http/send-problem.js';
import { takeOneOf, withDefault } from '../options/option-readers.js';
import { readOptions } from '../options/read-options.js';
import type { Logger } from '../ports/logger.js';
import { isAnswerOfNoRoute } from './is-answer-of-no-route.js';
import { watchAnswer, type ReplacementAnswer } from './undecided-answer.js';

/** Options of `failClosed`. */
export interface FailClosedOptions {
  /**
   * What the caller gets instead of the answer of a route that nothing has decided about: `error` is 500 with an explanation for the
   * developer, `forbidden` is 403.
   *
   * @default 'error', and 'forbidden' with NODE_ENV=production
   */
  readonly answer?: 'error' | 'forbidden' | undefined;
}

/** What `failClosed` needs from outside. */
export interface FailClosedParts {
  readonly logger: Logger;
  readonly problemTypes: ProblemTypes;
  /** Of mount paths. */
  readonly words: MountWords;
}

/** More routes are not logged: where there is no route, callers choose the word that stands for it. */
const maxLoggedRoutes = 1_000;

/**
 * Builds middleware that replaces answers to requests that neither a guard nor `apiKeys.open` has decided about.
 *
 * @throws InvalidOptionError for an option that is unknown or has a wrong value
 */
export function createFailClosed(
  { logger, problemTypes, words }: FailClosedParts,
  input: unknown,
): RequestHandler {
  const fallback = process.env['NODE_ENV'] === 'production' ? 'forbidden' : 'error';
  const { answer } = readOptions(
    'failClosed',
    input,
    { answer: withDefault(takeOneOf('error', 'forbidden'), fallback) },
    { example: "{ answer: 'forbidden' }" },
  );
  const logged = new Set<string>();

  function replaceAnswer(req: Request): ReplacementAnswer {
    const route = `${describeMethod(req)} ${formatRoute(req, words)}`;
    if (!logged.has(route) && logged.size < maxLoggedRoutes) {
      logged.add(route);
      logger.error(
        `api-keys: no guard has decided about ${route}, so its answer was not sent. Place requireApiKey(…) in front of its handler, ` +
          "or open('why') if everybody may use it",
      );
      if (logged.size === maxLoggedRoutes) {
        logger.error(
          `api-keys: no guard has decided about ${maxLoggedRoutes} routes; further ones are not logged`,
        );
      }
    }
    return answer === 'error' ? explainTo(route) : refuse();
  }

  function refuse(): ReplacementAnswer {
    const error = new ApiKeysError('forbidden', { detail: 'This route is not open to callers.' });
    return withMessage(composeProblem(error, problemTypes));
  }

  function explainTo(route: string): ReplacementAnswer {
    const composed = composeProblem(new ApiKeysError('internal_error'), problemTypes);
    const detail =
      `No guard has decided about ${route}, so failClosed() did not send its answer; its handler has run. Place requireApiKey(…) in ` +
      "front of the handler, or apiKeys.open('why') if everybody may use it.";
    return withMessage({
      ...composed,
      body: JSON.stringify({ ...(JSON.parse(composed.body) as object), detail }),
    });
  }

  const failClosed: RequestHandler = (req, res, next) => {
    watchAnswer(
      req,
      res,
      (_res, status, body) => isAnswerOfNoRoute(req, res, status, body),
      () => replaceAnswer(req),
    );
    next();
  };
  return describeHandler(failClosed, { kind: 'failClosed' });
}

/** Behind the last router, where errors are answered, Express has taken some of a request away again. */
function formatRoute({ baseUrl, path, route, params }: Partial<Request>, words: MountWords): string {
  return describeRoute({ baseUrl: baseUrl ?? '', path: path ?? '', route, params: params ?? {} }, words);
}

function withMessage(answer: Omit<ReplacementAnswer, 'statusMessage'>): ReplacementAnswer {
  return { ...answer, statusMessage: STATUS_CODES[answer.status] ?? '' };
}
