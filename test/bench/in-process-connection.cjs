// @ts-check
'use strict';
// Requests without sockets: Node's own IncomingMessage and ServerResponse, as its parser and server make them, on a
// connection that takes what is written to it and keeps nothing. No system call takes part, and nothing is left out of what
// a guard makes a request cost: header lines are parsed when they are first read, and those of the answer are written.
const { IncomingMessage, ServerResponse } = require('node:http');
const { Writable } = require('node:stream');

class Connection extends Writable {
  remoteAddress = '127.0.0.1';

  /** @override @param {unknown} _chunk @param {BufferEncoding} _encoding @param {() => void} done */
  _write(_chunk, _encoding, done) {
    done();
  }
}

/** @typedef {(req: import('node:http').IncomingMessage, res: import('node:http').ServerResponse) => void} App */

/** A kept-alive connection to apps of this process, for one request at a time. */
class InProcessConnection {
  #socket = /** @type {import('node:net').Socket} */ (/** @type {unknown} */ (new Connection()));

  /**
   * @param {App} app
   * @param {readonly string[]} headerLines names and values in turn
   * @param {(status: number) => void} onAnswered
   */
  get(app, headerLines, onAnswered) {
    const socket = this.#socket;
    const req = new IncomingMessage(socket);
    req.method = 'GET';
    req.url = '/orders';
    req.httpVersionMajor = 1;
    req.httpVersionMinor = 1;
    req.httpVersion = '1.1';
    // What Node's parser calls; the lines are parsed when they are first read.
    /** @type {any} */ (req)._addHeaderLines([...headerLines], headerLines.length);
    const res = new ServerResponse(req);
    res.shouldKeepAlive = true;
    res.assignSocket(socket);
    res.once('finish', () => {
      res.detachSocket(socket);
      onAnswered(res.statusCode);
    });
    app(req, res);
  }
}

module.exports = { InProcessConnection };
