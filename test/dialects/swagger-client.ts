import { execFile } from 'node:child_process';
import { join } from 'node:path';
import type { OpenApi } from './seed-documents.js';

/** One operation of a document, and what is sent to it. */
export interface SwaggerOperation {
  readonly path: string;
  readonly method: string;
  /** By name; where they go is in the document. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly requestBody?: unknown;
}

export interface SwaggerAnswer {
  readonly status: number;
  /** What the client has made of the document and the parameters. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/**
 * Executes operations, one after the other, with `swagger-client`, a client that is driven by the document alone, in a
 * process of its own. Only the URL of the server is replaced.
 *
 * @param headers - of every request, for credentials that the document does not declare
 * @returns rejects when the client finds errors in the document
 */
export function runSwaggerClient(
  document: OpenApi,
  serverUrl: string,
  operations: readonly SwaggerOperation[],
  headers: Readonly<Record<string, string>> = {},
): Promise<readonly SwaggerAnswer[]> {
  const input = { document: { ...document, servers: [{ url: serverUrl }] }, headers, operations };
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      [join(__dirname, 'clients', 'swagger-client.mjs')],
      { env: { PATH: process.env['PATH'] }, timeout: 120_000 },
      (error, output, errors) => {
        if (error !== null) reject(new Error(`swagger-client failed: ${error.message} ${errors}`));
        else resolve(JSON.parse(output) as SwaggerAnswer[]);
      },
    );
    // When it ends early, that is reported above.
    child.stdin?.on('error', () => {});
    child.stdin?.end(JSON.stringify(input));
  });
}
