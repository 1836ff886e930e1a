import express, { type RequestHandler } from 'express';
import { keepRawBody } from 'express-api-keys';
import { sendProblem } from './problem.js';

/** Signatures are about bytes, so these are kept: a guard may stand behind the parser as well. */
const parse = express.json({ limit: '16kb', verify: keepRawBody });

/**
 * Reads a JSON body into `req.body`. It goes behind the guard of a route, so that nothing is read for callers without a
 * key. The parser itself would pass over a body of another type.
 */
export const readJson: RequestHandler = (req, res, next) => {
  if (req.is('application/json') === false && req.get('content-length') !== '0') {
    sendProblem(res, {
      status: 415,
      code: 'unsupported_media_type',
      detail: 'Send JSON as application/json.',
    });
    return;
  }
  parse(req, res, next);
};
