// @ts-check
'use strict';
const { existsSync } = require('node:fs');
const { resolve } = require('node:path');

/**
 * Sources import each other as `./name.js`, the name of what is built from `name.ts`. As a resolver, this is run once for each
 * import of a worker; a `moduleNameMapper` is run again for each test file.
 * @param {string} specifier
 * @param {{ basedir: string, defaultResolver: (specifier: string, options: object) => string }} options
 * @returns {string} the path of the file
 */
module.exports = function resolveSource(specifier, options) {
  if (/^\.{1,2}\/.*\.js$/.test(specifier)) {
    const source = resolve(options.basedir, specifier.replace(/js$/, 'ts'));
    if (existsSync(source) && !existsSync(source.replace(/ts$/, 'js'))) return source;
  }
  return options.defaultResolver(specifier, options);
};
