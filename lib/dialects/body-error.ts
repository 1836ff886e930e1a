import { ApiKeysError } from '../errors.js';

/**
 * The fault of a body: `incomplete` (it ended early), `not_utf8`, `not_json` (or not a form, where forms are accepted),
 * `not_an_object` (JSON, but a list or a scalar), `not_acceptable` (an object, but too deep, with too long lists, or with
 * a name twice).
 */
export type BodyFault = 'incomplete' | 'not_utf8' | 'not_json' | 'not_an_object' | 'not_acceptable';

/** An `invalid_request` about the body. Dialects that distinguish such errors call `getBodyFault`. */
export class BodyError extends ApiKeysError {
  readonly bodyFault: BodyFault;

  constructor(bodyFault: BodyFault, message: string) {
    super('invalid_request', { errors: [{ field: 'body', message }] });
    this.bodyFault = bodyFault;
  }
}

/** The body fault of an error; `null` when it is about something else. */
export function getBodyFault(error: unknown): BodyFault | null {
  return error instanceof Error && 'bodyFault' in error ? (error.bodyFault as BodyFault) : null;
}
