import type { AuditService } from '../audit/audit-service.js';
import type { ProblemCode } from '../errors.js';
import type { ChangeContext, ExpectedVersion } from '../manage/change.js';
import type { KeyService } from '../manage/key-service.js';
import type { ParsedFields } from '../manage/parsed-fields.js';
import type { BodyField } from './fields/body-fields.js';
import type { FieldRules } from '../domain/field-rules.js';
import type { JsonSchema } from '../domain/json-schema.js';
import type { QueryParameter } from './fields/query-parameters.js';
import type { RequestHeader } from './fields/request-headers.js';
import type { AnswerHeader } from './openapi/answer-headers.js';
import type { AnswerSchema } from './openapi/answer-schemas.js';

/** One request after every check that needs no key: who asks, for what, with which fields. */
export interface AdminCall {
  readonly keys: KeyService;
  readonly audit: AuditService;
  readonly context: ChangeContext;
  /** The id in the path, or of the key that calls; not yet known to exist. */
  readonly keyId: string;
  /** The fields of the body that the endpoint declares, parsed. */
  readonly fields: ParsedFields;
  /** The query parameters that the endpoint declares, parsed. */
  readonly conditions: ParsedFields;
  /** The body as it was sent, by which a repeated request is recognized. */
  readonly body: Readonly<Record<string, unknown>>;
  /** For which versions of the key the change is meant: the content of the header `If-Match`. */
  readonly ifMatch: ExpectedVersion;
  /** The content of the header `Idempotency-Key`. */
  readonly idempotencyKey: string | undefined;
  /** Where the router is mounted, for addresses in answers. */
  readonly baseUrl: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** What an endpoint answers; the router writes it. */
export interface EndpointAnswer {
  readonly status: 200 | 201 | 202;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object;
}

/** An answer that is there as text already. */
export interface TextAnswer {
  readonly status: 200;
  readonly headers?: Readonly<Record<string, string>>;
  /** One JSON value. */
  readonly json: string;
}

/** An answer of any number of lines, which is written as they come. */
export interface LinesAnswer {
  readonly status: 200;
  readonly headers?: Readonly<Record<string, string>>;
  /** Each is one JSON value. */
  readonly lines: AsyncIterable<string>;
}

/**
 * Whether a field has to be sent: `admins` have to send it, nobody else may.
 */
export type Presence = 'required' | 'optional' | 'admins';

/** Which fields a body may hold. Whatever is not named is refused. */
export type BodyRules = Readonly<Partial<Record<BodyField, Presence | ((rules: FieldRules) => Presence)>>>;

/** Fields that need not be sent. */
export function declareOptional<N extends BodyField>(names: readonly N[]): Readonly<Record<N, 'optional'>> {
  return Object.fromEntries(names.map((name) => [name, 'optional'])) as Record<N, 'optional'>;
}

/** What a successful answer carries. */
export interface DescribedAnswer {
  /** Says in the document what the answer means. */
  readonly description: string;
  readonly schema: AnswerSchema;
  /** @default 'application/json' */
  readonly mediaType?: string;
  /** Headers that it always carries, beyond those of all answers. */
  readonly headers?: readonly AnswerHeader[];
}

/**
 * What an endpoint declares: which fields a request may hold, and what it can answer. Requests are checked by this, and
 * the OpenAPI document is made from it.
 */
export interface Declaration {
  /** Its name in the document, unique. */
  readonly operationId: string;
  /** What it does, in a few words. */
  readonly summary: string;
  /** More about it, in sentences. */
  readonly description?: string;
  readonly body?: BodyRules;
  /** What a body must fulfil as a whole, beyond its fields; checked by `handle`. */
  readonly bodySchema?: JsonSchema;
  readonly query?: readonly QueryParameter[];
  readonly headers?: readonly RequestHeader[];
  /** Every successful answer, by status. */
  readonly answers: Readonly<Partial<Record<EndpointAnswer['status'], DescribedAnswer>>>;
  /** Problems of its own, beyond those that any endpoint of its kind can answer with. */
  readonly problems: readonly ProblemCode[];
}

/** One endpoint: what it declares, and what is done with a request. It never sees the response. */
export interface Endpoint extends Declaration {
  readonly handle: (call: AdminCall) => Promise<EndpointAnswer | LinesAnswer>;
}

/** What an endpoint that asks nobody has to work with: no caller and no keys. */
export interface OpenCall {
  /** The OpenAPI document of the router that was called, as JSON. */
  readonly describe: () => string;
}

/** An endpoint that is open to everybody. */
export interface OpenEndpoint extends Declaration {
  readonly answer: (call: OpenCall) => TextAnswer;
}
