import type { IncomingMessage } from 'node:http';
import { isHeaderName } from '../http/is-header-name.js';
import type { CredentialHeader } from '../http/credential-source.js';
import type { FoundCredential } from './read-credential.js';

type RequestWithHeaders = Pick<IncomingMessage, 'headers'> & {
  /** Requests that no socket has received may have none. */
  readonly rawHeaders?: string[] | undefined;
  /** Requests of HTTP/2 have none. */
  readonly headersDistinct?: IncomingMessage['headersDistinct'] | undefined;
};

/** Keys that were taken out of requests, so that they are not logged or passed on with them. */
export class HiddenCredentials {
  readonly #hidden = new WeakMap<RequestWithHeaders, FoundCredential>();

  /** Takes the header with the key out of a request; other headers stay. */
  hide(req: RequestWithHeaders, credential: FoundCredential): void {
    const { header } = credential;
    const { rawHeaders = [] } = req;
    // Node counts the raw lines once and reads them again later: they may be emptied, not removed.
    for (let index = 0; index < rawHeaders.length; index += 2) {
      if (isHeaderName(rawHeaders[index] ?? '', header)) rawHeaders[index + 1] = '';
    }
    delete req.headers[header];
    if (req.headersDistinct !== undefined) delete req.headersDistinct[header];
    this.#hidden.set(req, credential);
  }

  /** The key that an earlier guard has hidden, for one that reads the same header. One that the app has set since then counts. */
  find(req: RequestWithHeaders, sources: readonly CredentialHeader[]): FoundCredential | null {
    const credential = this.#hidden.get(req);
    if (credential === undefined || Object.hasOwn(req.headers, credential.header)) return null;
    return sources.some((source) => source.name === credential.header) ? credential : null;
  }
}
