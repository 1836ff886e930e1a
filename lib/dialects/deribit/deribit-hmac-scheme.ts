/**
 * What Deribit calls the scheme under which requests are signed with a secret. Its endpoints accept this name only; guards of
 * an app that mounts them accept it beside `hmac-sha256`, because Deribit's clients call the app's own routes as well.
 */
export const deribitHmacScheme = 'deri-hmac-sha256';
