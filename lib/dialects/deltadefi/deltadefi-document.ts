/** Whether the router has the endpoint for wallets. */
export interface DescribedRouter {
  readonly hasSignIn: boolean;
}

const describeAnswer = (description: string, schema: string): object => ({
  description,
  content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } },
});
const refused = describeAnswer('Unauthorized', 'ErrorJSONWithCodeResponse');
const failed = describeAnswer('Internal Server Error', 'ErrorJSONWithCodeResponse');

/** By GET as documented, and by POST, which no cache or prefetcher repeats. */
const describeNewApiKey = (operationId: string): object => ({
  ...{ operationId, tags: ['accounts'], summary: 'Create new API key' },
  description:
    'Makes an API key for the account of the caller. It takes the place of the one before, which ends at once. Store it: it is shown this once.',
  responses: {
    200: describeAnswer('New API key created successfully', 'CreateNewAPIKeyResponse'),
    202: describeAnswer(
      'The same; the previous key may be accepted until Effective-By',
      'CreateNewAPIKeyResponse',
    ),
    401: refused,
    500: failed,
  },
});

const signIn = {
  ...{ operationId: 'signIn', tags: ['accounts'], summary: 'Sign in', security: [] },
  requestBody: {
    required: true,
    content: { 'application/json': { schema: { $ref: '#/components/schemas/SignInRequest' } } },
  },
  responses: {
    200: describeAnswer('Signed in', 'SignInResponse'),
    400: describeAnswer('Bad request', 'ErrorJSONWithCodeResponse'),
    401: refused,
    500: failed,
  },
};

const stringSchema = { type: 'string' } as const;
const schemas = {
  CreateNewAPIKeyResponse: {
    type: 'object',
    required: ['api_key', 'created_at'],
    properties: {
      api_key: { ...stringSchema, examples: ['dk_live_abc123def456ghi789jkl012mno345pqr678stu9'] },
      created_at: { ...stringSchema, format: 'date-time', examples: ['2024-01-01T00:00:00Z'] },
    },
  },
  ErrorJSONWithCodeResponse: {
    type: 'object',
    required: ['code', 'error', 'msg'],
    properties: {
      code: { type: 'integer', examples: [4010] },
      error: { ...stringSchema, examples: ['Unauthorized access'] },
      msg: { ...stringSchema, description: 'The same as error.' },
    },
  },
  SignInRequest: {
    type: 'object',
    required: ['wallet_address'],
    properties: {
      wallet_address: { ...stringSchema, description: 'In bech32.' },
      referral_code: stringSchema,
    },
  },
  SignInResponse: {
    type: 'object',
    required: ['token', 'user_id', 'is_first_time', 'is_onboarding_ready'],
    properties: {
      token: stringSchema,
      user_id: stringSchema,
      is_first_time: { type: 'boolean' },
      is_onboarding_ready: { type: 'boolean' },
    },
  },
};

/**
 * The router as an OpenAPI 3.1 document. DeltaDeFi's own names a security scheme that it does not define; this one
 * defines it.
 */
export function createDeltadefiDocument({ hasSignIn }: DescribedRouter): object {
  return {
    openapi: '3.1.1',
    info: { title: 'DeltaDeFi accounts', version: '1.0' },
    // The document lies beside the paths that it describes.
    servers: [{ url: '..' }],
    security: [{ ApiKeyAuth: [] }],
    tags: [{ name: 'accounts', description: 'Sign-in and the API key of an account.' }],
    paths: {
      '/accounts/new-api-key': {
        get: describeNewApiKey('createNewApiKey'),
        post: describeNewApiKey('postNewApiKey'),
      },
      '/accounts/api-key': {
        get: {
          ...{ operationId: 'getApiKey', tags: ['accounts'], summary: 'Get API key, masked' },
          responses: {
            200: describeAnswer('The beginning and the end of the API key', 'CreateNewAPIKeyResponse'),
            401: refused,
            404: describeAnswer('The account has none', 'ErrorJSONWithCodeResponse'),
            500: failed,
          },
        },
      },
      ...(hasSignIn ? { '/accounts/signin': { post: signIn } } : {}),
    },
    components: {
      securitySchemes: {
        ApiKeyAuth: {
          ...{ type: 'apiKey', in: 'header', name: 'X-API-KEY' },
          description: 'The API key, or the token of a sign-in.',
        },
      },
      schemas,
    },
  };
}
