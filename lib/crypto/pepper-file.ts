import { randomBytes } from 'node:crypto';
import { fsync } from 'node:fs';
import { link, mkdir, open, unlink, type FileHandle } from 'node:fs/promises';
import * as nodePath from 'node:path';
import { promisify } from 'node:util';
import { InvalidOptionError } from '../errors.js';
import { minPepperBytes, pepperCommand } from './peppers.js';

const maxFileBytes = 4096;

/**
 * The pepper in a file, which is created on first use with mode 0600. When two processes start at once, one creates it and
 * both return the same pepper. An existing file is never written to.
 *
 * @throws InvalidOptionError when others may read the file, or when it contains no pepper
 */
export async function readOrCreatePepperFile(path: string): Promise<string> {
  const existing = await readPepperFile(path);
  if (existing !== null) return existing;
  await mkdir(nodePath.dirname(path), { recursive: true, mode: 0o700 });
  await createPepper(path);
  const created = await readPepperFile(path);
  if (created === null) throw new InvalidOptionError(`${path} vanished while it was being created`);
  return created;
}

/**
 * The pepper in a file that must exist.
 *
 * @throws InvalidOptionError when there is none, and as {@link readOrCreatePepperFile} does
 */
export async function requirePepperFile(path: string): Promise<string> {
  const existing = await readPepperFile(path);
  if (existing !== null) return existing;
  throw new InvalidOptionError(
    `There is no pepper in ${path}, and the database was used before. Restore the file from a backup, or set the option pepper`,
  );
}

/**
 * Reads the pepper in a file, without creating one.
 *
 * @returns `null` when there is no such file
 * @throws InvalidOptionError as {@link readOrCreatePepperFile} does
 */
export async function readPepperFile(path: string): Promise<string | null> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (isFileError(error, 'ENOENT')) return null;
    throw new InvalidOptionError(`The pepper in ${path} cannot be read`, { cause: error });
  });
  if (file === null) return null;
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new InvalidOptionError(`${path} must be a file that contains the pepper`);
    // Windows has no such modes; there the access control list of the folder decides.
    if (process.platform !== 'win32' && (stats.mode & 0o077) !== 0) {
      throw new InvalidOptionError(
        `Others may read the pepper in ${path}. Close it with: chmod 600 ${path}\n` +
          'If others could read it for a while, make a new pepper and name both in the option pepper: [new, old].',
      );
    }
    if (stats.size > maxFileBytes) throw new InvalidOptionError(`${path} is too large for a pepper`);
    return checkPepper(await file.readFile('utf8'), path);
  } finally {
    await file.close();
  }
}

function checkPepper(text: string, path: string): string {
  // A trailing newline belongs to the file and not to the pepper.
  const pepper = text.replace(/\r?\n$/, '');
  if (Buffer.byteLength(pepper) < minPepperBytes) {
    throw new InvalidOptionError(
      `${path} must hold a pepper of at least ${minPepperBytes} bytes, but it is ` +
        `${pepper === '' ? 'empty' : 'shorter'}. Restore it from a backup; if there is none, make a new one with: ` +
        pepperCommand,
    );
  }
  return pepper;
}

/** Writes a complete file first and gives it its name afterwards, so that no process ever reads half a pepper. */
async function createPepper(path: string): Promise<void> {
  const draft = `${path}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = await open(draft, 'wx', 0o600);
    try {
      await file.writeFile(`${randomBytes(32).toString('base64url')}\n`);
      await sync(file);
    } finally {
      await file.close();
    }
    // link(2) fails where rename(2) would replace: the second process keeps the pepper of the first.
    await link(draft, path);
    await syncFolder(nodePath.dirname(path));
  } catch (error) {
    if (!isFileError(error, 'EEXIST')) {
      throw new InvalidOptionError(`No pepper could be made in ${path}. Set the option pepper instead`, {
        cause: error,
      });
    }
  } finally {
    await unlink(draft).catch(() => undefined);
  }
}

/** The name of a new file survives a power failure only when its folder was synced too. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await sync(folder);
  } finally {
    await folder.close();
  }
}

/** By the number of the file: Yarn's Plug'n'Play replaces file handles by its own, which have no `sync`. */
async function sync({ fd }: FileHandle): Promise<void> {
  await promisify(fsync)(fd);
}

/** Without instanceof: under jest, Node's own errors are not instances of this realm's Error. */
function isFileError(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
