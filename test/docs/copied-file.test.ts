import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiKeys } from 'express-api-keys';
import Database from 'libsql';
import { readDocument } from './markdown.js';
import { theApp } from '../harness/the-app.js';

function openIn(folder: string) {
  return createApiKeys({
    prefix: 'acme',
    scopes: { 'orders:read': 'Read orders' },
    database: `file:${join(folder, 'keys.sqlite')}`,
  });
}

describe('a copy of a file of keys', () => {
  const folder = mkdtempSync(join(tmpdir(), 'express-api-keys-copy-'));
  const [original, copy] = [join(folder, 'original'), join(folder, 'copy')];

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('has what was written last when SQLite makes it, as the page says, while the file is in use', async () => {
    expect(readDocument('docs/production/backup-and-restore.md')).toContain("`vacuum into 'copy.sqlite'`");
    const running = openIn(original);
    await running.ready();
    const { key } = await running.keys
      .as(theApp)
      .create({ ownerId: 'alice', name: 'CI', scopes: ['orders:read'] });

    mkdirSync(copy);
    const connection = new Database(join(original, 'keys.sqlite'));
    connection.exec(`vacuum into '${join(copy, 'keys.sqlite')}'`);
    connection.close();
    copyFileSync(join(original, 'pepper'), join(copy, 'pepper'));
    await running.close();

    const restored = openIn(copy);
    expect(await restored.keys.verify({ key, scopes: 'orders:read' })).toMatchObject({ allowed: true });
    await restored.close();
  }, 90_000);

  it('has everything when the file alone is copied after close()', async () => {
    const stopped = openIn(join(folder, 'stopped'));
    const { key } = await stopped.keys
      .as(theApp)
      .create({ ownerId: 'alice', name: 'CI', scopes: ['orders:read'] });
    await stopped.close();

    mkdirSync(join(folder, 'of-stopped'));
    for (const name of ['keys.sqlite', 'pepper']) {
      copyFileSync(join(folder, 'stopped', name), join(folder, 'of-stopped', name));
    }
    const restored = openIn(join(folder, 'of-stopped'));
    expect(await restored.keys.verify({ key })).toMatchObject({ allowed: true });
    await restored.close();
  }, 90_000);
});
