/** A setting that cannot be used; the message says what to write instead. */
export class BadSettingError extends Error {}
