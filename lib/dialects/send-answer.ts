import type { Response } from 'express';
import { escapeJson } from '../http/escape-json.js';
import { setAnswerHeaders } from '../http/set-answer-headers.js';

/** A JSON response of a dialect. */
export interface DialectAnswer {
  readonly status: number;
  readonly body: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Writes JSON itself: `res.json` would apply the app's replacer, add an ETag, and answer 304 for it. */
export function sendAnswer(res: Response, { status, body, headers = {} }: DialectAnswer): void {
  const text = escapeJson(body);
  setAnswerHeaders(res, Object.entries(headers));
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.statusCode = status;
  res.end(text);
}
