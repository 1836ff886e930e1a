// @ts-check
'use strict';

// Each test starts compilers, bundlers or other versions of Node.
jest.setTimeout(120_000);
