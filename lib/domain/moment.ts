/** A moment as it comes in: a `Date` from code, an RFC 3339 time with offset from HTTP. */
export type Moment = Date | string;
