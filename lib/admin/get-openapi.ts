import type { OpenEndpoint } from './endpoint.js';

/** Shows the OpenAPI document of this router. It holds nothing that has to be kept from anybody. */
export const getOpenapi: OpenEndpoint = {
  operationId: 'getOpenApiDocument',
  summary: 'Show this document',
  description: 'An OpenAPI 3.1 document, made from the tables by which requests are checked.',
  answers: { 200: { description: 'The document.', schema: 'OpenApiDocument' } },
  problems: [],
  answer: ({ describe }) => ({ status: 200, body: describe() }),
};
