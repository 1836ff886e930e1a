import { statSync } from 'node:fs';
import { ApiKeysError } from '../../errors.js';

/**
 * The file that a process has opened, by device and inode. What is put in its place later has the same name and is
 * another file: what the process writes would go to one that nobody finds any more.
 */
export class SqliteFile {
  readonly #path: string;
  readonly #identity: string | null;

  /** @param path - of a file that is open */
  constructor(path: string) {
    this.#path = path;
    this.#identity = identityOf(path);
  }

  get isReplaced(): boolean {
    return this.#identity === null || identityOf(this.#path) !== this.#identity;
  }

  /** @throws ApiKeysError `unavailable` when another file, or none, is where this one was */
  check(): void {
    if (this.isReplaced) throw new ApiKeysError('unavailable', { cause: new ReplacedFileError(this.#path) });
  }
}

/** Why nothing more is done with a file. */
class ReplacedFileError extends Error {
  constructor(path: string) {
    super(`The file ${path} was replaced or removed while this process had it open. Restart the process`);
  }
}

/** Whether an error says that the database is no longer the one that was opened. */
export function isReplacedFile(error: unknown): boolean {
  return error instanceof ApiKeysError && error.cause instanceof ReplacedFileError;
}

/** `null` when it cannot be found out, for whatever reason: that is not the file which was opened either. */
function identityOf(path: string): string | null {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
}
