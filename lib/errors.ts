import type { Refusal } from './domain/verdict.js';
import { problems, type ProblemCode } from './problems.js';

export {
  defaultTypeBase,
  problems,
  type ProblemCode,
  type ProblemFamily,
  type ProblemDefinition,
} from './problems.js';

/** Every `code` of a thrown {@link ApiKeysError}. */
export type ApiKeysErrorCode = `ERR_API_KEYS_${Uppercase<ProblemCode>}` | 'ERR_API_KEYS_INVALID_OPTION';

/** One field of a request that was not accepted. */
export interface FieldProblem {
  /** Where: a name such as `scopes`, `?limit` for a query parameter, or a header's name. */
  readonly field: string;
  /** What to write instead. */
  readonly message: string;
}

/** What a code of a second factor is sent for; it can be used once. */
export interface StepUpChallenge {
  /** To be sent back as `Step-Up-Challenge`. */
  readonly id: string;
  /** In the answer over HTTP as RFC 3339. */
  readonly expiresAt: Date;
}

/** What an error has besides its code. */
export interface ApiKeysErrorDetails {
  /** Public; replaces the table's sentence. Never contains a secret. */
  readonly detail?: string;
  readonly errors?: readonly FieldProblem[];
  readonly refusal?: Refusal;
  /** With `step_up_…`: what a code is to be sent for. */
  readonly challenge?: StepUpChallenge;
  /** Headers that belong to the answer. */
  readonly headers?: Readonly<Record<string, string>>;
  /** For operators only; never sent. */
  readonly cause?: unknown;
}

/**
 * What this package throws. Compare `code`, not the class: both builds of the package can be loaded in one process.
 * `status`, `statusCode`, `expose` and `headers` are those of the package `http-errors`, which Express, NestJS and other
 * frameworks read.
 */
export class ApiKeysError extends Error {
  readonly code: ApiKeysErrorCode;
  /** The `code` of the HTTP answer. */
  readonly problem: ProblemCode;
  readonly status: number;
  /** The same as `status`: NestJS takes an error for one of HTTP only when both are there and equal. */
  readonly statusCode: number;
  /** Whether the message may be shown to the caller: true below 500. */
  readonly expose: boolean;
  readonly errors: readonly FieldProblem[] | undefined;
  readonly refusal: Refusal | undefined;
  readonly challenge: StepUpChallenge | undefined;
  /** Headers that belong to the answer: `WWW-Authenticate`, `Retry-After`, `Allow`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(problem: ProblemCode, details: ApiKeysErrorDetails = {}) {
    const definition = problems[problem];
    super(details.detail ?? describeFirst(details.errors) ?? definition.detail, { cause: details.cause });
    this.name = 'ApiKeysError';
    this.code = `ERR_API_KEYS_${problem.toUpperCase() as Uppercase<ProblemCode>}`;
    this.problem = problem;
    this.status = definition.status;
    this.statusCode = definition.status;
    this.expose = definition.status < 500;
    this.errors = details.errors;
    this.refusal = details.refusal;
    this.challenge = details.challenge;
    this.headers = { ...createHeaders(problem), ...details.headers };
  }
}

/** Callers that show one sentence only still learn what to correct. */
function describeFirst(errors: readonly FieldProblem[] | undefined): string | null {
  const [first, ...more] = errors ?? [];
  if (first === undefined) return null;
  return `${first.field} ${first.message}${more.length === 0 ? '.' : `, and ${more.length} more.`}`;
}

/** Seconds after which a caller should try again when something is out of reach. */
const retryAfterSeconds = 1;

function createHeaders(problem: ProblemCode): Readonly<Record<string, string>> {
  return problem === 'unavailable' ? { 'Retry-After': String(retryAfterSeconds) } : {};
}

/** An option that makes no sense. Thrown at construction or at mount, never on a request. */
export class InvalidOptionError extends TypeError {
  readonly code: Extract<ApiKeysErrorCode, 'ERR_API_KEYS_INVALID_OPTION'> = 'ERR_API_KEYS_INVALID_OPTION';

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'InvalidOptionError';
  }
}

/** Whether a value is an error of this package with this problem code, from whichever build of it. */
export function isProblem(error: unknown, problem: ProblemCode): boolean {
  return error instanceof Error && 'problem' in error && error.problem === problem;
}
