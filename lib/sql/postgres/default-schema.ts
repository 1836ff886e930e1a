/** The schema of the tables, unless the app names another one. */
export const defaultSchema = 'api_keys';
