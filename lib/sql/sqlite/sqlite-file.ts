import { statSync } from 'node:fs';
import { ApiKeysError } from '../../errors.js';

/**
 * The file that a process has opened, by device and inode. A file that replaces it later has the same name but is
 * another file: the process would write to one that no other process finds any more.
 */
export class SqliteFile {
  readonly #path: string;
  readonly #identity: string | null;

  /** @param path - the path of an open file */
  constructor(path: string) {
    this.#path = path;
    this.#identity = readIdentity(path);
  }

  get isReplaced(): boolean {
    return this.#identity === null || readIdentity(this.#path) !== this.#identity;
  }

  /** @throws ApiKeysError `unavailable` when another file, or none, is where this one was */
  check(): void {
    if (this.isReplaced) throw new ApiKeysError('unavailable', { cause: new ReplacedFileError(this.#path) });
  }
}

/** The cause of every failure after a file was replaced. */
class ReplacedFileError extends Error {
  constructor(path: string) {
    super(`The file ${path} was replaced or removed while this process had it open. Restart the process`);
  }
}

/** Whether an error says that the database is no longer the one that was opened. */
export function isReplacedFile(error: unknown): boolean {
  return error instanceof ApiKeysError && error.cause instanceof ReplacedFileError;
}

/** Returns `null` when it cannot be determined, for whatever reason: then it is not the file that was opened either. */
function readIdentity(path: string): string | null {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
}
