// @ts-check
// Keys of an earlier system, none of which has been used since it was imported: each still has its bcrypt hash.
import { randomBytes } from 'node:crypto';
import { hashSync } from 'bcryptjs';
import { createApiKeys } from 'express-api-keys';
import { pepper, prefix, scopes } from './seed-keys.mjs';

/** Few enough for all of them to be compared in time, once in a minute. */
const candidates = 5;
const scope = /** @type {const} */ ('orders:read');

/** @param {string} visiblePart */
const makeString = (visiblePart) => `sk_${visiblePart}_${randomBytes(18).toString('base64url')}`;
const makeVisiblePart = () => randomBytes(4).toString('hex');

/**
 * Strings that are refused with 401, also those that are refused before they are compared, so that a window has one status.
 * @param {string} database
 */
export async function openImported(database) {
  const apiKeys = createApiKeys({
    ...{ prefix, scopes, pepper, database },
    foreignFormats: [
      {
        name: 'earlier',
        pattern: /^sk_[0-9a-f]{8}_[A-Za-z0-9_-]{20,100}$/,
        hash: 'bcrypt',
        idOf: (key) => key.slice(3, 11),
      },
    ],
  });
  await apiKeys.ready();
  const visibleParts = Array.from({ length: candidates }, makeVisiblePart);
  // Of a secret that nobody sends.
  const hash = hashSync(makeString(''), 10);
  const rows = visibleParts.map((visiblePart) => ({
    ...{ hash, visiblePart, ownerId: 'bench', name: visiblePart },
    scopes: /** @type {const} */ ([scope]),
  }));
  await apiKeys.keys.as({ kind: 'application' }).import({ format: 'earlier', rows });
  const forged = Array.from({ length: 200_000 }, (_, index) =>
    makeString(index % 4 === 0 ? (visibleParts[(index / 4) % candidates] ?? '') : makeVisiblePart()),
  );
  const guard = apiKeys.requireApiKey(scope, {
    onRefusal: (_refusal, _req, res) => void res.status(401).json({}),
  });
  return { guard, forged, close: () => apiKeys.close() };
}
