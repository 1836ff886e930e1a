import { InvalidOptionError } from '../../lib/errors.js';
import { loadDriver } from '../../lib/sql/load-driver.js';

describe('loadDriver', () => {
  it('returns what the package exports', async () => {
    expect(typeof (await loadDriver('libsql', 'SQLite'))).toBe('function');
    expect(await loadDriver('pg', 'PostgreSQL')).toHaveProperty('Pool');
  });

  it('names the install command when the package is missing', async () => {
    const missing = loadDriver('not-installed-anywhere', 'A database');
    await expect(missing).rejects.toThrow(InvalidOptionError);
    await expect(missing).rejects.toThrow(
      'A database needs the package not-installed-anywhere, which could not be loaded. ' +
        'Install it beside your app: npm install not-installed-anywhere',
    );
    await expect(missing).rejects.toHaveProperty('cause.code', 'MODULE_NOT_FOUND');
  });
});
