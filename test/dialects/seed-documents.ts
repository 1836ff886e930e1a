import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { codeBlocks, type CodeBlock } from './seed-code-blocks.js';

const FOLDER = join(__dirname, '..', 'seeds');

/** The five documents, by the number in front of their names. */
export const seedNumbers = {
  deltadefi: '000',
  deribitCreate: '001',
  yativo: '002',
  deribitReset: '003',
  nebula: '004',
} as const;

export type SeedName = keyof typeof seedNumbers;

/** An OpenAPI document, as far as tests look into it. */
export interface OpenApi {
  readonly openapi: string;
  readonly servers?: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, OpenApiAnswer>>>>;
}

interface OpenApiOperation {
  readonly requestBody?: OpenApiAnswer;
  readonly responses: Readonly<Record<string, OpenApiAnswer | { readonly $ref: string }>>;
}

interface OpenApiAnswer {
  readonly content?: Readonly<Record<string, { readonly examples?: Examples }>>;
}

type Examples = Readonly<Record<string, { readonly value: unknown }>>;

export interface SeedDocument {
  readonly file: string;
  readonly text: string;
  readonly blocks: readonly CodeBlock[];
  /** `null` where the document has none. */
  readonly openApi: OpenApi | null;
  /** What a client sends, where the OpenAPI shows it (Deribit). */
  readonly exampleRequests: readonly unknown[];
  /** What the documented system answers. */
  readonly exampleAnswers: readonly unknown[];
  /** The code in a language: `bash` (curl), `javascript`, `go`, `typescript`. There must be exactly one block of it. */
  sample(language: string): CodeBlock;
}

/** Reads a document and takes it apart. */
export function seedDocument(name: SeedName): SeedDocument {
  const file = readdirSync(FOLDER).find((candidate) => candidate.startsWith(`${seedNumbers[name]}_`)) ?? '';
  const text = readFileSync(join(FOLDER, file), 'utf8');
  const blocks = codeBlocks(text);
  const openApiBlock = blocks.find((block) => /^\s*\{?\s*"?openapi"?:/.test(block.text));
  const openApi = openApiBlock === undefined ? null : (parse(openApiBlock.text) as OpenApi);
  const shown = openApi === null ? [] : examplesIn(openApi, 'response');
  const answersInText = blocks
    .filter((block) => block.language === 'json' && block !== openApiBlock)
    .map((block) => JSON.parse(block.text) as unknown);
  return {
    file,
    text,
    blocks,
    openApi,
    exampleRequests: openApi === null ? [] : examplesIn(openApi, 'request'),
    // A document whose OpenAPI has examples shows nothing else of answers.
    exampleAnswers: shown.length > 0 ? shown : answersInText,
    sample(language) {
      const found = blocks.filter((block) => block.language === language);
      if (found.length !== 1 || found[0] === undefined) {
        throw new Error(`${file} has ${found.length} blocks of ${language}`);
      }
      return found[0];
    },
  };
}

function examplesIn(value: unknown, name: 'request' | 'response'): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  const { examples } = value as { examples?: Examples };
  const own = examples?.[name];
  if (own !== undefined) return [own.value];
  return Object.values(value).flatMap((member) => examplesIn(member, name));
}
