/** What every Redis key begins with, unless the app says otherwise. */
export const defaultKeyPrefix = 'api-keys:';
