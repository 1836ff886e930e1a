import { createObjectSchema } from '../../domain/create-object-schema.js';
import type { JsonSchema } from '../../domain/json-schema.js';
import { maxProblems, type ImportProblem, type ImportReport } from '../../manage/import-keys.js';

function createCount(description: string): JsonSchema {
  return { type: 'integer', minimum: 0, description, examples: [3] };
}

const problem: Readonly<Record<keyof ImportProblem, JsonSchema>> = {
  row: { type: 'integer', minimum: 1, description: '1 for the first row.', examples: [2] },
  field: { type: 'string', description: '`row` for the row as a whole.', examples: ['scopes'] },
  message: {
    type: 'string',
    description: 'What to write instead; never what was there.',
    examples: ['is required'],
  },
};

const report: Readonly<Record<keyof ImportReport, JsonSchema>> = {
  rows: createCount('Rows that were read.'),
  imported: createCount('Keys that were imported, or would be.'),
  alreadyImported: createCount('Keys that were there already; nothing was changed about them.'),
  invalid: createCount('Rows that were left out because something is wrong with them.'),
  problems: { type: 'array', maxItems: maxProblems, items: createObjectSchema(problem) },
};

/** What an import has done. */
export const importReportSchema: JsonSchema = {
  ...createObjectSchema(report),
  description: 'What an import has done; with `dryRun`, what it would do.',
};
