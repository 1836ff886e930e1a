// @ts-check
'use strict';
const { rmSync } = require('node:fs');

module.exports = async function removeTarball() {
  const folder = process.env.PACKAGE_TEST_FOLDER;
  if (folder) rmSync(folder, { recursive: true, force: true });
};
