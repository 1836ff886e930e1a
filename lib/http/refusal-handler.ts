import type { NextFunction, Request, Response } from 'express';
import type { Refusal } from '../domain/verdict.js';

/** A refusal as handlers get it, ready to be sent. */
export type RefusalAnswer = Refusal & {
  readonly status: number;
  /** A sentence for the caller. */
  readonly detail: string;
  /** Headers that belong to the answer, `WWW-Authenticate` among them. */
  readonly headers: Readonly<Record<string, string>>;
};

/** Answers refused requests in the app's own way. */
export type RefusalHandler = (
  refusal: RefusalAnswer,
  req: Request,
  res: Response,
  next: NextFunction,
) => void | Promise<void>;
