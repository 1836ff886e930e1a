/** The defaults of authenticator apps; many of them support nothing else. */
export const totpSettings = { algorithm: 'SHA1', digits: 6, period: 30 } as const;

/** RFC 4226 section 4, R6: shorter secrets are open to brute force. */
export const minSecretBytes = 16;
