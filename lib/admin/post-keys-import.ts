import type { RowImport } from '../manage/import-rows.js';
import type { Endpoint } from './endpoint.js';

/** Imports keys of an earlier system; no response contains anything of a row. */
export const postKeysImport: Endpoint = {
  operationId: 'importKeys',
  summary: 'Import keys of an earlier system',
  description:
    'Rows with a mistake are left out and reported, all others are imported. A key that is there already is counted and left as it is, so ' +
    'that a request can be repeated after any failure. For admins only.',
  body: { format: 'required', rows: 'required', dryRun: 'optional' },
  answers: {
    200: { description: 'What was imported, and what is wrong with which row.', schema: 'ImportReport' },
  },
  problems: ['conflict'],
  async handle({ keys, context, fields }) {
    const { format, rows, dryRun = false } = fields.values;
    const input = { format, rows, dryRun } as RowImport;
    return { status: 200, body: await keys.importRows(context, input) };
  },
};
