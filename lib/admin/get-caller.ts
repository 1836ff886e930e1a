import type { CredentialHeader } from '../http/credential-source.js';
import type { Endpoint } from './endpoint.js';

/** Returns who the caller is here, and what it may do. */
export const getCaller: Endpoint = {
  operationId: 'getCaller',
  summary: 'Get who the caller is and what it may do',
  description:
    'Who the app says that the caller is, whose keys it sees, what it may do with them, which operations need a second factor, the plan of ' +
    'the owner and how keys are sent: for a page that manages keys. Every change is checked again.',
  answers: { 200: { description: 'Who the caller is.', schema: 'Caller' } },
  problems: [],
  async handle({ keys, context, stepUpOperations, credentialHeaders, tokenLifetimeSeconds }) {
    return {
      status: 200,
      body: {
        ...(await keys.caller(context)),
        stepUp: stepUpOperations,
        address: context.address,
        credentialHeaders: credentialHeaders.map(describeHeader),
        tokenLifetimeSeconds,
      },
    };
  },
};

/** `x-api-key` -> `X-API-Key`; names of headers are case-insensitive, and this is how documents write them. */
function describeHeader({ name, isAuthorization }: CredentialHeader): object {
  const written = name
    .split('-')
    .map((word) => (word === 'api' ? 'API' : word.charAt(0).toUpperCase() + word.slice(1)))
    .join('-');
  return { name: written, prefix: isAuthorization ? 'Bearer ' : '' };
}
