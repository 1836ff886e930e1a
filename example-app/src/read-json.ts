import express, { type RequestHandler } from 'express';
import { keepRawBody } from 'express-api-keys';
import { sendProblem } from './problem.js';

/** Signatures cover the raw bytes, so these are kept: then a guard also works after the parser. */
const parse = express.json({ limit: '16kb', verify: keepRawBody });

/**
 * Reads a JSON body into `req.body`. Mount it after the guard of a route, so that no body is read for callers without a key.
 * It rejects other content types, because the parser itself would silently skip such a body.
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
