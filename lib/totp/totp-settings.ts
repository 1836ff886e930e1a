/** What authenticator apps do when nothing else is said; many of them know nothing else. */
export const totpSettings = { algorithm: 'SHA1', digits: 6, period: 30 } as const;

/** RFC 4226 section 4, R6: shorter secrets can be found out. */
export const leastSecretBytes = 16;
