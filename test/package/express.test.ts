import { join } from 'node:path';
import { PROJECTS, run } from './installed-package.js';

const node = (project: string, code: string) => run(process.execPath, ['-e', code], join(PROJECTS, project));

describe('express-api-keys/express', () => {
  it('declares types, and is an empty module at run time', async () => {
    const expected = { code: 0, stdout: '0\n', stderr: '' };
    const imported =
      "import('express-api-keys/express').then((all) => console.log(Object.keys(all).length));";
    expect(await node('esm-js', imported)).toEqual(expected);
    const required = "console.log(Object.keys(require('express-api-keys/express')).length);";
    expect(await node('cjs-js', required)).toEqual(expected);
  });
});
