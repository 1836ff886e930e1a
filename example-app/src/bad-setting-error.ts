/** An invalid setting. The message states what to write instead. */
export class BadSettingError extends Error {}
