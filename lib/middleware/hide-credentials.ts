import type { IncomingMessage } from 'node:http';
import type { CredentialHeader } from './credential-source.js';

/** Takes the key out of a request that was let in, so that it is not logged or passed on with it. */
export function hideCredentials(
  req: Pick<IncomingMessage, 'headers' | 'headersDistinct' | 'rawHeaders'>,
  sources: readonly CredentialHeader[],
): void {
  const names = new Set(sources.map((source) => source.name));
  // Node counts the raw lines once and reads them again later: they may be emptied, not removed.
  for (let index = 0; index < req.rawHeaders.length; index += 2) {
    if (names.has((req.rawHeaders[index] ?? '').toLowerCase())) req.rawHeaders[index + 1] = '';
  }
  for (const name of names) {
    delete req.headers[name];
    delete req.headersDistinct[name];
  }
}
