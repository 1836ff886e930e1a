import type { Response } from 'express';
import type { DeprecatedSecret } from '../domain/verdict.js';

/**
 * Tells callers with a rotated secret that there is a newer one (`Deprecation`, RFC 9745) and, once that is known, when
 * theirs expires (`Sunset`, RFC 8594). Values that the app has set for the route itself stay.
 */
export function setDeprecatedSecretHeaders(res: Response, { since, endsAt }: DeprecatedSecret): void {
  if (res.getHeader('Deprecation') !== undefined || res.getHeader('Sunset') !== undefined) return;
  res.setHeader('Deprecation', `@${Math.floor(since.getTime() / 1000)}`);
  if (endsAt !== null) res.setHeader('Sunset', endsAt.toUTCString());
}
