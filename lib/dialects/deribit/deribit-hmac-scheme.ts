/** What Deribit calls the scheme under which requests are signed with a secret; only this dialect takes that name. */
export const deribitHmacScheme = 'deri-hmac-sha256';
