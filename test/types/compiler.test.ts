import { compile } from './compile.js';

describe('the types of the package', () => {
  it('keep the params, body and query of handlers behind a guard with the types of Express 4', () => {
    expect(compile({ file: 'guards.ts' }, { expressTypes: 4 })).toBe('');
  });

  it('know the kinds of resources with the types of Express 4', () => {
    expect(compile({ file: 'resources.ts' }, { expressTypes: 4 })).toBe('');
  });

  it('leave Request.apiKey to an app that declares it itself', () => {
    expect(
      compile({
        text: `
          import express from 'express';
          import { apiKeyOf, createApiKeys } from 'express-api-keys';
          declare global { namespace Express { interface Request { apiKey?: { readonly legacyNumber: number } } } }
          const apiKeys = createApiKeys({ prefix: 'acme', scopes: { 'orders:read': '' } });
          express().get('/orders/:id', apiKeys.requireApiKey('orders:read'), (req, res) => {
            const legacy: number | undefined = req.apiKey?.legacyNumber;
            const owners: [string, string] = [apiKeyOf(req).ownerId, apiKeys.apiKeyOf(req).ownerId];
            res.json([req.params.id, legacy, owners]);
          });
        `,
      }),
    ).toBe('');
  });

  it('name every text of the page, for hosts that replace some', () => {
    const page = `
      /// <reference lib="dom" />
      import type { ApiKeysManager, Texts } from 'express-api-keys/page';
      const manager = {} as ApiKeysManager;
      manager.texts = { title: 'Access keys', 'view-owners': 'Customers' };
      manager.texts = {} as Readonly<Record<string, string>>;
      export const name: keyof Texts = 'revokeNow';
    `;
    expect(compile({ text: page })).toBe('');
    expect(compile({ text: `${page} manager.texts = { titel: 'Access keys' };` })).toMatch(
      /'titel' does not exist/,
    );
  });

  it('declare Request.apiKey for an app that asks for it, and for no other', () => {
    const app = `
      import express from 'express';
      import type { ApiKeyIdentity } from 'express-api-keys';
      express().use((req) => void ((req.apiKey satisfies ApiKeyIdentity | undefined)?.ownerId));
    `;
    expect(compile({ text: `import 'express-api-keys/express';${app}` })).toBe('');
    expect(compile({ text: app })).toMatch(
      /^app\.ts\(4,\d+\): error TS2339: Property 'apiKey' does not exist/,
    );
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
