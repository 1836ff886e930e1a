import type { ServerResponse } from 'node:http';

/** Of HTTP/2, as the compatibility API of Node shows it: in Node 20, its responses have neither `closed` nor `destroyed`. */
interface Http2Response {
  readonly stream?: { readonly destroyed?: boolean };
}

/** Whether a response has ended, because it was sent or its caller went away: `close` is not emitted again. */
export function hasEnded(res: ServerResponse): boolean {
  return res.closed || res.destroyed || (res as Http2Response).stream?.destroyed === true;
}
