import * as nodePath from 'node:path';
import * as nodeUrl from 'node:url';
import { InvalidOptionError } from '../errors.js';

const examples =
  'file:./data/keys.sqlite or file:/var/lib/acme/keys.sqlite (a path as it is), or file:///var/lib/acme/keys.sqlite (a URL)';

/**
 * Returns the absolute path of the file in `file:relative/path`, `file:/absolute/path` or `file:///absolute/path`. What
 * SQLite would read as something else than a path is refused: it would silently become part of the file's name.
 *
 * @throws InvalidOptionError that says what to write
 */
export function parseFileUrl(url: string): string {
  const path = url.slice('file:'.length);
  if (/^(?:\/\/)?:memory:|[?&]mode=memory\b/i.test(path)) {
    fail(
      'SQLite in memory is not supported. For tests, write store: memoryStore(), from express-api-keys/testing',
    );
  }
  if (path.includes('?')) {
    fail(
      `file: takes no parameters, such as ?mode=ro: the file is always opened to read and write. Write ${examples}`,
    );
  }
  if (path.includes('#')) fail(`file: takes no fragment behind #. Write ${examples}`);
  if (/^~(?:\/|$)/.test(path)) fail('~ is not expanded here. Write the whole path, or use os.homedir()');
  if (/[/\\]$/.test(path)) fail(`file: needs the path of a file, not that of a folder. Write ${examples}`);
  if (path.startsWith('//')) return readUrl(url);
  if (path.trim() === '') fail(`file: needs a path behind it. Write ${examples}`);
  if (/%[0-9a-f]{2}/i.test(path)) {
    fail(
      'a path behind file: is not percent-encoded. Write its characters as they are, or a URL that begins with file:///',
    );
  }
  return nodePath.resolve(path);
}

function readUrl(url: string): string {
  try {
    return nodeUrl.fileURLToPath(url);
  } catch (error) {
    throw new InvalidOptionError(
      `database: between file:// and the next slash is a host, and a file on another host cannot be opened. Write ${examples}`,
      { cause: error },
    );
  }
}

function fail(message: string): never {
  throw new InvalidOptionError(`database: ${message}`);
}
