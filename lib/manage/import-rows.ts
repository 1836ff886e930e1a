import { ApiKeysError } from '../errors.js';
import type { ChangeContext } from './change.js';
import { assertMayImport, importKeys, type ImportReport } from './import-keys.js';
import type { ManagePorts } from './manage-ports.js';

/** Rows of a request, and the name of their format. */
export interface RowImport {
  readonly format: string;
  readonly rows: readonly object[];
  readonly dryRun: boolean;
}

/**
 * Imports the rows of one request.
 *
 * @throws ApiKeysError as `importKeys`; `conflict` when the instance has no such format
 */
export async function importRows(
  ports: ManagePorts,
  context: ChangeContext,
  { format: name, rows, dryRun }: RowImport,
): Promise<ImportReport> {
  assertMayImport(context);
  const { foreign } = ports.keyspaces;
  const format = foreign.get(name);
  if (format !== undefined) return importKeys(ports, context, { format, rows, dryRun });
  const names = foreign.all().map((each) => each.name);
  const known = names.length === 0 ? 'the option has none' : `known are ${names.join(', ')}`;
  throw new ApiKeysError('conflict', {
    detail: `Name one of the formats of the option foreignFormats: ${known}.`,
  });
}
