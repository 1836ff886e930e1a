import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import type { RequestHandler, Response } from 'express';
import { inPointer, SchemaReader, type ApiDocument, type Operation } from './api-document.js';

/** One answer of an admin router. */
export interface SeenAnswer {
  readonly method: string;
  /** Below the place where the router is mounted, without the query. */
  readonly path: string;
  readonly status: number;
  readonly headers: OutgoingHttpHeaders | IncomingHttpHeaders;
  readonly body: string;
}

/** Compares answers with the document of the router that gave them. */
export class AnswerChecker {
  readonly #document: ApiDocument;
  readonly #schemas: SchemaReader;
  readonly #templates: readonly { readonly template: string; readonly pattern: RegExp }[];

  constructor(document: ApiDocument) {
    this.#document = document;
    this.#schemas = new SchemaReader(document, { now: () => 0, issuedCursors: new Set() });
    this.#templates = Object.keys(document.paths).map((template) => ({
      template,
      pattern: new RegExp(`^${template.replaceAll('.', '\\.').replace(/\{\w+\}/g, '[^/]+')}/?$`),
    }));
  }

  /** What the document does not say about an answer; `null` when the answer follows it. */
  mismatch(answer: SeenAnswer): string | null {
    const problem = this.#thrownOr(() => this.#problemWith(answer));
    return problem === null ? null : `${answer.method} ${answer.path} -> ${answer.status}: ${problem}`;
  }

  /** A schema that cannot be compiled, or a body that is no JSON, is a mismatch too. */
  #thrownOr(look: () => string | null): string | null {
    try {
      return look();
    } catch (error) {
      return String(error);
    }
  }

  #problemWith(answer: SeenAnswer): string | null {
    const { method, path, status } = answer;
    const template = this.#templates.find(({ pattern }) => pattern.test(path))?.template;
    if (template === undefined) return status === 404 ? this.#notAProblem(answer) : 'there is no such path';
    const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
    const operation = this.#document.paths[template]?.[verb];
    if (operation === undefined) {
      if (method === 'OPTIONS') return status === 204 ? null : 'OPTIONS is answered with 204';
      return status === 405 ? this.#notAProblem(answer) : 'there is no such operation';
    }
    return this.#unlike(operation, inPointer('paths', template, verb, 'responses', String(status)), answer);
  }

  #unlike(
    operation: Operation,
    pointer: string,
    { method, status, headers, body }: SeenAnswer,
  ): string | null {
    const expected = operation.responses[String(status)];
    if (expected === undefined) return `${operation.operationId} has no such answer: ${body}`;
    for (const [name, { required, schema }] of Object.entries(expected.headers ?? {})) {
      const value = headers[name.toLowerCase()];
      if (value === undefined && !required) continue;
      const validate = this.#schemas.of(schema);
      if (!validate(String(value))) return `${name}: ${String(value)}: ${this.#schemas.explain(validate)}`;
    }
    const mediaType = String(headers['content-type']).split(';')[0] ?? '';
    if (expected.content[mediaType] === undefined) return `nothing is said of ${mediaType}`;
    if (method === 'HEAD') return null;
    const validate = this.#schemas.at(pointer + inPointer('content', mediaType, 'schema'));
    return this.#firstWrong(validate, valuesIn(body, mediaType));
  }

  /** Answers that no operation describes are problems all the same. */
  #notAProblem({ method, body }: SeenAnswer): string | null {
    if (method === 'HEAD') return null;
    return this.#firstWrong(this.#schemas.at('/components/schemas/Problem'), [body]);
  }

  #firstWrong(validate: ReturnType<SchemaReader['at']>, texts: readonly string[]): string | null {
    for (const text of texts) {
      if (!validate(JSON.parse(text))) return `${this.#schemas.explain(validate)}: ${text}`;
    }
    return null;
  }
}

/** JSON lines are one value each; every other body is one value. */
function valuesIn(body: string, mediaType: string): readonly string[] {
  if (mediaType !== 'application/jsonl') return [body];
  return body.split('\n').filter((line) => line !== '');
}

/**
 * Stands in front of an admin router and compares every answer with its document. An answer that the document does not
 * know is replaced by a 599, so that no test takes it for the real one, and reported to `onMismatch`.
 */
export function checkAnswers(document: ApiDocument, onMismatch: (mismatch: string) => void): RequestHandler {
  const checker = new AnswerChecker(document);
  return function watchAnswer(req, res, next) {
    const { path, method } = req;
    watchBody(res, (body) => {
      const mismatch = checker.mismatch({
        ...{ method, path, body },
        ...{ status: res.statusCode, headers: res.getHeaders() },
      });
      if (mismatch !== null) onMismatch(mismatch);
      return mismatch;
    });
    next();
  };
}

function watchBody(res: Response, check: (body: string) => string | null): void {
  const chunks: Buffer[] = [];
  const write = res.write.bind(res) as (...parts: unknown[]) => boolean;
  const end = res.end.bind(res) as (...parts: unknown[]) => Response;
  res.write = ((chunk: string | Uint8Array, ...rest: unknown[]) => {
    chunks.push(Buffer.from(chunk as string));
    return write(chunk, ...rest);
  }) as typeof res.write;
  res.end = ((...parts: unknown[]) => {
    const [last] = parts;
    if (typeof last === 'string' || last instanceof Uint8Array) chunks.push(Buffer.from(last as string));
    const mismatch = check(Buffer.concat(chunks).toString());
    if (mismatch === null || res.headersSent) return end(...parts);
    res.statusCode = 599;
    return end(mismatch);
  }) as typeof res.end;
}
