import { join } from 'node:path';
import { PROJECTS, run, type Outcome } from './installed-package.js';

const node = (project: string, program: string): Promise<Outcome> =>
  run(process.execPath, ['-e', program], join(PROJECTS, project));

const tryOut = `
  const secret = createTotpSecret();
  const verify = createTotpVerifier({ secretFor: () => secret });
  verify({ actor: { kind: 'admin', id: 'a' }, operation: 'rotate', keyId: null, code: 'x', now: new Date() })
    .then(({ result }) => console.log(totpUri({ secret, issuer: 'i', account: 'a' }).slice(0, 15), result));`;

describe('express-api-keys/totp', () => {
  it('loads with import and with require', async () => {
    const names = '{ createTotpSecret, createTotpVerifier, totpUri }';
    const expected = { code: 0, stdout: 'otpauth://totp/ invalid\n', stderr: '' };
    const imported = `import('express-api-keys/totp').then((${names}) => {${tryOut}});`;
    expect(await node('esm-js', imported)).toEqual(expected);
    expect(await node('cjs-js', `const ${names} = require('express-api-keys/totp');${tryOut}`)).toEqual(
      expected,
    );
  });

  it('is the only part that loads otpauth', async () => {
    const program = `
      require('express-api-keys'); require('express-api-keys/testing'); require('express-api-keys/store');
      const loads = () => Object.keys(require.cache).some((path) => path.includes('otpauth'));
      const before = loads();
      require('express-api-keys/totp');
      console.log(before, loads());`;
    expect(await node('cjs-js', program)).toEqual({ code: 0, stdout: 'false true\n', stderr: '' });
  });
});
