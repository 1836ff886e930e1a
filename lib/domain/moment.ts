/** A time as input: a `Date` from code, or an RFC 3339 string with offset from HTTP. */
export type Moment = Date | string;
