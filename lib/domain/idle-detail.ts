/** What the holder of an idle key can do. */
export const idleDetail = 'This API key was not used for too long. Rotate it or use another one.';
