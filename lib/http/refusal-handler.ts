import type { NextFunction, Request, Response } from 'express';
import type { Refusal } from '../domain/verdict.js';

/** A refusal as passed to handlers, ready to be sent. */
export type RefusalAnswer = Refusal & {
  readonly status: number;
  /** A message for the caller. */
  readonly detail: string;
  /** Headers to send with the response, including `WWW-Authenticate`. */
  readonly headers: Readonly<Record<string, string>>;
};

/** Responds to refused requests in the app's own format. */
export type RefusalHandler = (
  refusal: RefusalAnswer,
  req: Request,
  res: Response,
  next: NextFunction,
) => void | Promise<void>;
