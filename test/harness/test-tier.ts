/** Whether this is `npm test`: floods have a small form there, and the full one in `npm run test:slow`. */
export const isFastTier: boolean = process.env['TEST_TIER'] === 'fast';
