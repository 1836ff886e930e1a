// Types only: `import 'express-api-keys/express'` declares `req.apiKey` for the whole app. At run time the module is empty.
import type { ApiKeyIdentity } from '../domain/api-key-identity.js';

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- the way Express' types are extended
  namespace Express {
    interface Request {
      /** The authenticated caller; set by `requireApiKey` on requests that it allowed. */
      apiKey?: ApiKeyIdentity;
    }
  }
}
