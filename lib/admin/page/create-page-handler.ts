import type { Request, RequestHandler, Response } from 'express';
import { ApiKeysError } from '../../errors.js';
import { writePageDocument } from './page-document.js';
import { createPageHeaders } from './page-headers.js';
import { readPageScript, type PageScript } from './page-script.js';

/** A file of the page; its name is compared with the path of a request, and nothing else is made of that path. */
type Answer = (req: Request, res: Response) => void;

const year = 31_536_000;

/**
 * Creates the handler that serves the page and its script in front of the endpoints of the router: `GET /` to who prefers HTML, `GET /page/element.js` for pages
 * of the app, and the same script by a name that changes with its content. Both are public and contain nothing of the app; everything
 * else is left to the endpoints.
 *
 * @throws InvalidOptionError when the script is not there
 */
export function createPageHandler(): RequestHandler {
  const script = readPageScript();
  const hashedPath = `page/element-${script.digest}.js`;
  const answers = new Map<string, Answer>([
    ['/', sendDocument(writePageDocument(hashedPath))],
    ['/page/element.js', sendScript(script, 'no-cache')],
    [`/${hashedPath}`, sendScript(script, `public, max-age=${year}, immutable`)],
  ]);
  const setHeaders = createPageHeaders();
  return function answerPage(req, res, next) {
    const answer = answers.get(req.path);
    if (answer === undefined) return next();
    if (req.path === '/') {
      res.vary('Accept');
      // What asks for JSON, or for anything, gets the answer that it got without the page.
      if (req.accepts(['json', 'html']) !== 'html') return next();
    }
    if (req.method !== 'GET' && req.method !== 'HEAD') {
      return next(new ApiKeysError('method_not_allowed', { headers: { Allow: 'GET, HEAD' } }));
    }
    res.removeHeader('Pragma');
    setHeaders(req, res, (error) => (error === undefined ? answer(req, res) : next(error)));
  };
}

function sendDocument(html: string): Answer {
  return (req, res) => {
    res.setHeader('Cache-Control', 'no-store');
    const location = findFolder(req.originalUrl);
    if (location === null) return send(res, 'text/html; charset=utf-8', Buffer.from(html));
    res.statusCode = 302;
    res.setHeader('Location', location);
    res.end();
  };
}

/**
 * Relative addresses on the page need a path that ends with a slash. Returns such a path, relative to the one without, or `null` for a
 * path that has one. It begins with `./`, so that it names nothing outside the folder of the request, whatever is in its path.
 */
function findFolder(url: string): string | null {
  const [path = '', ...query] = url.split('?');
  if (path.endsWith('/')) return null;
  return [`./${path.slice(path.lastIndexOf('/') + 1)}/`, ...query].join('?');
}

function sendScript({ bytes, gzipped, digest }: PageScript, cacheControl: string): Answer {
  return (req, res) => {
    const isGzipped = req.acceptsEncodings(['gzip', 'identity']) === 'gzip';
    const etag = isGzipped ? `"${digest}-gzip"` : `"${digest}"`;
    res.setHeader('Cache-Control', cacheControl);
    res.setHeader('ETag', etag);
    res.vary('Accept-Encoding');
    if (req.fresh) {
      res.statusCode = 304;
      res.end();
      return;
    }
    if (isGzipped) res.setHeader('Content-Encoding', 'gzip');
    send(res, 'text/javascript; charset=utf-8', isGzipped ? gzipped : bytes);
  };
}

/** The body is left out by Node.js where the method is HEAD. */
function send(res: Response, type: string, body: Buffer): void {
  res.setHeader('Content-Type', type);
  res.setHeader('Content-Length', body.length);
  res.end(body);
}
