import type { AuditService } from '../audit/audit-service.js';
import type { ProblemCode } from '../errors.js';
import type { CredentialHeader } from '../http/credential-source.js';
import type { StepUpOperation } from '../http/step-up-options.js';
import type { ApiKeysStatus } from '../domain/api-keys-status.js';
import type { ChangeContext, ExpectedVersion } from '../manage/change.js';
import type { KeyService } from '../manage/key-service.js';
import type { WebhookService } from '../events/webhook-service.js';
import type { OwnerService } from '../manage/owner-service.js';
import type { ParsedFields } from '../manage/parsed-fields.js';
import type { BodyField } from './fields/body-fields.js';
import type { FieldRules } from '../domain/field-rules.js';
import type { JsonSchema } from '../domain/json-schema.js';
import type { QueryParameter } from './fields/query-parameters.js';
import type { RequestHeader } from './fields/request-headers.js';
import type { AnswerHeader } from './openapi/answer-headers.js';
import type { AnswerSchema } from './openapi/answer-schemas.js';

/** One request after every check that does not need a key: the caller, the target and the fields. */
export interface AdminCall {
  readonly keys: KeyService;
  readonly owners: OwnerService;
  readonly audit: AuditService;
  /** @throws ApiKeysError `not_found` without the option `events.webhooks` */
  readonly webhooks: () => WebhookService;
  readonly context: ChangeContext;
  /** The id in the path, or the id of the calling key; not yet known to exist. */
  readonly keyId: string;
  /** The owner in the path; empty where the path has none. */
  readonly ownerId: string;
  /** The id of the webhook in the path; empty where the path has none. */
  readonly webhookId: string;
  /** The fields of the body that the endpoint declares, parsed. */
  readonly fields: ParsedFields;
  /** The query parameters that the endpoint declares, parsed. */
  readonly conditions: ParsedFields;
  /** The body as sent, which identifies a repeated request. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The versions of the key that the change applies to: the content of the header `If-Match`. */
  readonly ifMatch: ExpectedVersion;
  /** The content of the header `Idempotency-Key`. */
  readonly idempotencyKey: string | undefined;
  /** The operations that require a second factor on this router. */
  readonly stepUpOperations: readonly StepUpOperation[];
  /** The headers in which keys are sent to the app. */
  readonly credentialHeaders: readonly CredentialHeader[];
  /** How long access tokens of keys without a lifetime of their own live; `null`: keys get none. */
  readonly tokenLifetimeSeconds: number | null;
  /** The state of the instance. */
  readonly status: () => ApiKeysStatus;
  /** The path that the router is mounted at, for URLs in responses. */
  readonly baseUrl: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** The response of an endpoint; the router writes it. */
export interface EndpointAnswer {
  readonly status: 200 | 201 | 202;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object;
}

/** A response that is already serialized. */
export interface TextAnswer {
  readonly status: 200;
  readonly headers?: Readonly<Record<string, string>>;
  /** One JSON value. */
  readonly json: string;
}

/** A response of any number of lines, which is streamed. */
export interface LinesAnswer {
  readonly status: 200;
  readonly headers?: Readonly<Record<string, string>>;
  /** Each is one JSON value. */
  readonly lines: AsyncIterable<string>;
}

/**
 * Whether a field is required: with `admins`, it is required for admins, and no other caller may send it.
 */
export type Presence = 'required' | 'optional' | 'admins';

/** The fields that a body may contain. All others are rejected. */
export type BodyRules = Readonly<Partial<Record<BodyField, Presence | ((rules: FieldRules) => Presence)>>>;

/** Declares fields as optional. */
export function declareOptional<N extends BodyField>(names: readonly N[]): Readonly<Record<N, 'optional'>> {
  return Object.fromEntries(names.map((name) => [name, 'optional'])) as Record<N, 'optional'>;
}

/** The description of a successful response. */
export interface DescribedAnswer {
  /** What the response means, for the OpenAPI document. */
  readonly description: string;
  readonly schema: AnswerSchema;
  /** @default 'application/json' */
  readonly mediaType?: string;
  /** Headers that it always has, in addition to those of all responses. */
  readonly headers?: readonly AnswerHeader[];
}

/**
 * The declaration of an endpoint: which fields a request may contain, and how it can respond. Requests are validated
 * against it, and the OpenAPI document is generated from it.
 */
export interface Declaration {
  /** Its unique name in the document. */
  readonly operationId: string;
  /** What it does, in a few words. */
  readonly summary: string;
  /** More about it, in full sentences. */
  readonly description?: string;
  readonly body?: BodyRules;
  /** Constraints on the body as a whole, in addition to those of its fields; checked by `handle`. */
  readonly bodySchema?: JsonSchema;
  /** Whether invalid values in the body are accepted where they are those of the key already. */
  readonly acceptsUnchanged?: boolean;
  readonly query?: readonly QueryParameter[];
  readonly headers?: readonly RequestHeader[];
  /** Every successful response, by status. */
  readonly answers: Readonly<Partial<Record<EndpointAnswer['status'], DescribedAnswer>>>;
  /** Its own problems, in addition to those that any endpoint of its kind can return. */
  readonly problems: readonly ProblemCode[];
}

/** One endpoint: its declaration and its handler. It never has access to the response object. */
export interface Endpoint extends Declaration {
  readonly handle: (call: AdminCall) => Promise<EndpointAnswer | LinesAnswer>;
}

/** The input of an endpoint that requires no authentication: no caller and no keys. */
export interface OpenCall {
  /** Returns the OpenAPI document of the router that was called, as JSON. */
  readonly describe: () => string;
}

/** A public endpoint. */
export interface OpenEndpoint extends Declaration {
  readonly answer: (call: OpenCall) => TextAnswer;
}
