'use strict';
const reportLoaded = require('./report-loaded.cjs');

void reportLoaded({
  load: (name) => {
    const loaded = require(name);
    return name === 'express' ? { default: loaded } : loaded;
  },
  list: () => Object.keys(require.cache),
});
