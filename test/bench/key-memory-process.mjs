// @ts-check
// How much memory a held key takes: the heap before and after many of them are held.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiKeys } from 'express-api-keys';
import { giveOverrides, makeChildren, pepper, prefix, scopes, seedSqlite } from './seed-keys.mjs';

const count = Number(process.argv[2]);
/** What the keys are. @type {import('./key-memory.mjs').KindOfKeys} */
const kind = /** @type {any} */ (process.argv[3] ?? 'plain');
const folder = mkdtempSync(join(tmpdir(), 'api-keys-bench-'));
const file = join(folder, 'keys.sqlite');
try {
  // Read as from a request: a text that was put together from parts takes other memory than one that was received.
  const keys = JSON.parse(JSON.stringify(await seedSqlite(file, count)));
  if (kind === 'overrides') giveOverrides(file);
  if (kind === 'children') makeChildren(file, keys[0] ?? '');
  const apiKeys = createApiKeys({
    prefix,
    scopes,
    pepper,
    database: `file:${file}`,
    cache: { maxKeys: count * 3, maxBytes: count * 4000 },
  });
  await apiKeys.ready();
  const used = () => {
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  // What is made once, by whichever check comes first, is no part of a key.
  const first = 500;
  for (const key of keys.slice(0, first)) await apiKeys.keys.verify({ key });
  const before = used();
  const cachedBefore = apiKeys.status().cachedKeys;
  for (const [index, key] of keys.slice(first).entries()) {
    const verdict = await apiKeys.keys.verify({ key });
    if (!verdict.allowed) throw new Error(`refused: ${verdict.code}`);
    // Between requests there is time for everything else, also for saying that this process is alive.
    if (index % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  // Counts of uses that are not written yet are no part of what is held.
  await new Promise((resolve) => setTimeout(resolve, 6000));
  const cachedKeys = apiKeys.status().cachedKeys - cachedBefore;
  process.send?.({ bytesPerKey: (used() - before) / cachedKeys, cachedKeys, kind });
  await apiKeys.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
  process.disconnect?.();
}
