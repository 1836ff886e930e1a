import type { ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import { callBack } from './call-back.js';

/** Whether something goes out: see `UndecidedAnswer`. */
export interface StreamWatch {
  readonly isSent: boolean;
  passesAround(res: ServerResponse): boolean;
  passesHints(res: ServerResponse): boolean;
}

/**
 * Watches the stream below a response of HTTP/2, into which handlers can write past the response. The response itself sends through the
 * same methods, after it was asked whether it may.
 */
export function watchStream(stream: ServerHttp2Stream, res: ServerResponse, watch: StreamWatch): void {
  const { respond, respondWithFD, respondWithFile, write, end, pushStream, additionalHeaders, sendTrailers } =
    stream;
  const methods = {
    respond(...args: never[]) {
      if (watch.passesAround(res)) respond.apply(stream, args as never);
    },
    respondWithFD(...args: never[]) {
      if (watch.passesAround(res)) respondWithFD.apply(stream, args as never);
    },
    respondWithFile(...args: never[]) {
      if (watch.passesAround(res)) respondWithFile.apply(stream, args as never);
    },
    write(...args: never[]) {
      if (watch.passesAround(res)) return write.apply(stream, args as never);
      callBack(args);
      return true;
    },
    end(...args: never[]) {
      if (watch.passesAround(res)) end.apply(stream, args as never);
      else callBack(args);
      return stream;
    },
    pushStream(...args: never[]) {
      // A pushed stream is an answer to a request that nobody has sent.
      if (watch.isSent) pushStream.apply(stream, args as never);
      else callBack(args, new Error('No guard has decided about the request, so nothing is pushed'));
    },
    additionalHeaders(headers: Readonly<Record<string, unknown>>) {
      const isBare = Object.keys(headers).every((name) => name === ':status');
      if (isBare || watch.passesHints(res)) additionalHeaders.call(stream, headers as never);
    },
    sendTrailers(headers: Readonly<Record<string, unknown>>) {
      // The stream waits for them: those that the app has set do not belong to the answer that has replaced its own.
      sendTrailers.call(stream, (watch.isSent ? headers : {}) as never);
    },
  };
  Object.assign(stream, methods);
}
