import type { Request } from 'express';
import type { Keyspaces } from '../domain/keyspaces.js';
import type { Verdict } from '../domain/verdict.js';
import type { SignedRequestVerifier } from '../signatures/verify-signed-request.js';
import type { RequestToDecide } from '../verify/decide-request.js';
import type { CredentialHeader } from '../http/credential-source.js';
import type { ReadCredential } from './read-credential.js';
import { listAllHeaderLines } from '../http/all-header-lines.js';
import { readRawBody } from '../http/read-raw-body.js';
import { getRequestSource } from '../http/request-source.js';
import { hmacScheme } from '../signatures/hmac/read-hmac-authorization.js';
import { readSignedMessage } from './signed-message.js';

/** What guards need for signed requests. */
export interface SignatureParts {
  /** @throws ApiKeysError `unavailable` before the instance is ready */
  readonly verifier: () => SignedRequestVerifier;
  /** What clients call this service; empty: by the request. */
  readonly origins: readonly URL[];
  readonly maxBodyBytes: number;
  /** The `tag` of signatures that are for this service. */
  readonly tag: string;
}

/** Decides about a request if it is signed for us; else `null`. */
export type DecideSigned = (
  req: Request,
  credential: ReadCredential,
  request: RequestToDecide,
) => Promise<Verdict> | null;

/** Builds the part of a guard that checks signatures. */
export function createSignedDecider(
  { verifier, origins, maxBodyBytes }: SignatureParts,
  sources: readonly CredentialHeader[],
  keyspaces: Pick<Keyspaces, 'hasHmacScheme'>,
): DecideSigned {
  const isHmacScheme = (scheme: string): boolean => scheme === hmacScheme || keyspaces.hasHmacScheme(scheme);
  const credentialHeaders = sources.map(({ name }) => name);

  return function decideSigned(req, credential, request) {
    const signatures = verifier();
    if (req.headers['signature-input'] === undefined && req.headers.authorization === undefined) return null;
    const message = readSignedMessage(req, origins);
    return signatures.verify({
      ...request,
      message,
      rawHeaders: message?.rawHeaders ?? listAllHeaderLines(req),
      isHmacScheme,
      credentialHeaders,
      hasCredential: credential.kind === 'token',
      body: () => readRawBody(req, maxBodyBytes),
      identity: getRequestSource(req)?.identity ?? req,
    });
  };
}
