import { compile } from './compile.js';

describe('the types of the package', () => {
  it('keep the params, body and query of handlers behind a guard with the types of Express 4', () => {
    expect(compile({ file: 'guards.ts' }, { expressTypes: 4 })).toBe('');
  });

  it('suggest the scope that was meant, in one error for each mistake', () => {
    const said = compile({
      text: `
        import { createApiKeys } from 'express-api-keys';
        const apiKeys = createApiKeys({ prefix: 'acme', scopes: { 'orders:read': '', 'orders:write': '' } });
        apiKeys.requireApiKey('orders:raed');
        apiKeys.requireApiKey({ any: ['orders:write', 'orders:raed'] });
        apiKeys.requireApiKey({ GET: 'orders:raed' });
        apiKeys.requireApiKey('orders:raed', { cost: 2 });
      `,
    });
    const errors = said.split(/^(?=\S)/m);
    expect(errors.map((error) => /^app\.ts\((\d+)/.exec(error)?.[1])).toEqual(['4', '5', '6', '7']);
    expect(errors.map((error) => /Did you mean '(.*)'\?/.exec(error)?.[1])).toEqual(
      Array(4).fill('"orders:read"'),
    );
  });
});
