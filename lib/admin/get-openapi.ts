import type { OpenEndpoint } from './endpoint.js';

/** Returns the OpenAPI document of this router. It contains nothing confidential. */
export const getOpenapi: OpenEndpoint = {
  operationId: 'getOpenApiDocument',
  summary: 'Get this document',
  description: 'An OpenAPI 3.1 document, generated from the tables that requests are validated against.',
  answers: { 200: { description: 'The document.', schema: 'OpenApiDocument' } },
  problems: [],
  answer: ({ describe }) => ({ status: 200, json: describe() }),
};
