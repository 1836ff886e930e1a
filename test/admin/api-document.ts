import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import express, { type Router } from 'express';
import { keywordChecks, type KeywordContext } from './extension-keywords.js';

/** The parts of an OpenAPI document that tests look at. */
export interface ApiDocument {
  readonly openapi: string;
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
  readonly [member: string]: unknown;
}

export interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, Answer>>;
  readonly security: readonly object[];
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly schema: Readonly<Record<string, unknown>>;
}

interface Answer {
  readonly headers?: Readonly<Record<string, { readonly required: boolean; readonly schema: object }>>;
  readonly content: Content;
}

type Content = Readonly<Record<string, { readonly schema: Readonly<Record<string, unknown>> }>>;

/** Asks a router for its document. */
export async function documentOf(router: Router): Promise<ApiDocument> {
  const server = express().use('/api-keys', router).listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}/api-keys/openapi.json`);
    if (answer.status !== 200) throw new Error(`there is no document: ${await answer.text()}`);
    return (await answer.json()) as ApiDocument;
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

/** Compiles schemas of one document; in strict mode, so that an unknown keyword is an error. */
export class SchemaReader {
  readonly #ajv: Ajv2020;
  readonly #compiled = new Map<object, ValidateFunction>();
  readonly #byPointer = new Map<string, ValidateFunction>();

  constructor(document: object, context: KeywordContext) {
    this.#ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
    // In CommonJS the plugin is the module and its own default export.
    formats.default(this.#ajv);
    for (const [keyword, check] of Object.entries(keywordChecks)) {
      this.#ajv.addKeyword({
        keyword,
        validate: (argument: unknown, value: unknown) => check(argument, value, context),
      });
    }
    // The members of the document itself are no keywords of schemas; Ajv looks at them as if they were.
    this.#ajv.addVocabulary(Object.keys(document));
    this.#ajv.addSchema(document, 'api', false, false);
  }

  /** The schema at a place of the document, for example `/components/schemas/Key`. */
  at(pointer: string): ValidateFunction {
    const known = this.#byPointer.get(pointer);
    if (known !== undefined) return known;
    const validate = this.#ajv.compile({ $ref: `api#${pointer}` });
    this.#byPointer.set(pointer, validate);
    return validate;
  }

  /** A schema without references. */
  of(schema: object): ValidateFunction {
    const known = this.#compiled.get(schema);
    if (known !== undefined) return known;
    const validate = this.#ajv.compile(schema);
    this.#compiled.set(schema, validate);
    return validate;
  }

  /** What is wrong with a value, in one line. */
  explain({ errors }: ValidateFunction): string {
    return this.#ajv.errorsText(errors ?? null);
  }
}

/** Writes a name into a JSON pointer. */
export function inPointer(...names: readonly string[]): string {
  return names
    .map((name) => `/${encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))}`)
    .join('');
}
