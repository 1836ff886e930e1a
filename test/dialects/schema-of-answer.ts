import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { asOpenApi31 } from './schema-as-open-api-31.js';
import type { OpenApi } from './seed-documents.js';

/** An answer of the system that the document is about. */
export interface ShownAnswer {
  /** As in the document's `paths`. */
  readonly path: string;
  readonly method: string;
  readonly status: number;
  readonly body: unknown;
}

/** What is wrong with an answer, in one line; `null` when it is as the document says. */
export type MismatchOf = (answer: ShownAnswer) => string | null;

/** Annotations that OpenAPI adds to JSON Schema. */
const annotations = ['example', 'discriminator', 'xml', 'externalDocs'];

/** Compiles the schemas of a document; a keyword that is neither JSON Schema's nor OpenAPI's is an error. */
export function schemaOfAnswer(document: OpenApi): MismatchOf {
  const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
  // In CommonJS the plugin is the module and its own default export.
  formats.default(ajv);
  const normal = document.openapi.startsWith('3.0') ? asOpenApi31(document) : document;
  ajv.addVocabulary([...annotations, ...Object.keys(document)]);
  ajv.addSchema(normal, 'api', false, false);

  return function mismatchOf({ path, method, status, body }) {
    const answers = document.paths[path]?.[method.toLowerCase()]?.responses ?? {};
    const code = [String(status), 'default'].find((candidate) => Object.hasOwn(answers, candidate));
    if (code === undefined) return `${method} ${path} has no answer ${status}`;
    const answer = answers[code] ?? {};
    const place =
      '$ref' in answer
        ? answer.$ref.slice(1)
        : inPointer('paths', path, method.toLowerCase(), 'responses', code);
    const validate = ajv.compile({
      $ref: `api#${place}${inPointer('content', 'application/json', 'schema')}`,
    });
    return validate(body) ? null : ajv.errorsText(validate.errors);
  };
}

function inPointer(...names: readonly string[]): string {
  return names
    .map((name) => `/${encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))}`)
    .join('');
}
