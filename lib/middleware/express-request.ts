import type { ApiKeyIdentity } from '../domain/api-key-identity.js';

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- the way Express' types are extended
  namespace Express {
    interface Request {
      /** Who is calling; set by `requireApiKey` on requests that it let in. */
      apiKey?: ApiKeyIdentity;
    }
  }
}

/** The part of a request that {@link apiKeyOf} looks at. */
export interface WithApiKey {
  readonly apiKey?: ApiKeyIdentity;
}
