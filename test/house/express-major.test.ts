import { dirname, join } from 'node:path';

declare const EXPRESS_MAJOR: string;

describe('the Express of this run', () => {
  it('is the one that the jest project is named after', () => {
    const folder = dirname(require.resolve('express'));
    const { version } = require(join(folder, 'package.json')) as { version: string };
    expect(version.split('.')[0]).toBe(EXPRESS_MAJOR);
  });
});
