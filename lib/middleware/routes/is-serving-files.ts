import type { AnyHandler } from './express-stack.js';

/**
 * Whether a handler is what `express.static` returns: by its name, or, where a bundler has changed that, by the words that serve-static
 * answers with.
 */
export function isServingFiles(handler: AnyHandler): boolean {
  if (handler.name === 'serveStatic') return true;
  const source = Function.prototype.toString.call(handler);
  return ['405', 'GET, HEAD', '.pipe(', '"directory"'].every((word) =>
    source.replaceAll("'", '"').includes(word),
  );
}
