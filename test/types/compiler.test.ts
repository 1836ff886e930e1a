import { compile, splitErrors } from './compile.js';

// Each program is compiled once, and a program has what does not depend on the rest of it.
const onExpress4 = compile(
  { 'guards.ts': { file: 'guards.ts' }, 'resources.ts': { file: 'resources.ts' } },
  { expressTypes: 4 },
);

const page = `
  /// <reference lib="dom" />
  import type { ApiKeysManager, Texts } from 'express-api-keys/page';
  const manager = {} as ApiKeysManager;
  manager.texts = { title: 'Access keys', 'view-owners': 'Customers' };
  manager.texts = {} as Readonly<Record<string, string>>;
  export const name: keyof Texts = 'revokeNow';
`;

const readsApiKey = `
  import express from 'express';
  import type { ApiKeyIdentity } from 'express-api-keys';
  express().use((req) => void ((req.apiKey satisfies ApiKeyIdentity | undefined)?.ownerId));
`;

/** Nothing in it asks for `Request.apiKey`. */
const program = compile({
  'page.ts': { text: page },
  'page-with-mistake.ts': { text: `${page} manager.texts = { titel: 'Access keys' };` },
  'reads-api-key.ts': { text: readsApiKey },
  'misspelt-scopes.ts': {
    text: `
      import { createApiKeys } from 'express-api-keys';
      const apiKeys = createApiKeys({ prefix: 'acme', scopes: { 'orders:read': '', 'orders:write': '' } });
      apiKeys.requireApiKey('orders:raed');
      apiKeys.requireApiKey({ any: ['orders:write', 'orders:raed'] });
      apiKeys.requireApiKey({ GET: 'orders:raed' });
      apiKeys.requireApiKey('orders:raed', { cost: 2 });
    `,
  },
});

describe('the types of the package', () => {
  it('keep the params, body and query of handlers behind a guard with the types of Express 4', () => {
    expect(onExpress4['guards.ts']).toBe('');
  });

  it('know the kinds of resources with the types of Express 4', () => {
    expect(onExpress4['resources.ts']).toBe('');
  });

  it('leave Request.apiKey to an app that declares it itself', () => {
    const text = `
      import express from 'express';
      import { apiKeyOf, createApiKeys } from 'express-api-keys';
      declare global { namespace Express { interface Request { apiKey?: { readonly legacyNumber: number } } } }
      const apiKeys = createApiKeys({ prefix: 'acme', scopes: { 'orders:read': '' } });
      express().get('/orders/:id', apiKeys.requireApiKey('orders:read'), (req, res) => {
        const legacy: number | undefined = req.apiKey?.legacyNumber;
        const owners: [string, string] = [apiKeyOf(req).ownerId, apiKeys.apiKeyOf(req).ownerId];
        res.json([req.params.id, legacy, owners]);
      });
    `;
    expect(compile({ 'app.ts': { text } })).toEqual({ 'app.ts': '' });
  });

  it('name every text of the page, for hosts that replace some', () => {
    expect(program['page.ts']).toBe('');
    expect(program['page-with-mistake.ts']).toMatch(/'titel' does not exist/);
  });

  it('declare Request.apiKey for an app that asks for it, and for no other', () => {
    const text = `import 'express-api-keys/express';${readsApiKey}`;
    expect(compile({ 'app.ts': { text } })).toEqual({ 'app.ts': '' });
    expect(program['reads-api-key.ts']).toMatch(
      /^reads-api-key\.ts\(4,\d+\): error TS2339: Property 'apiKey' does not exist/,
    );
  });

  it('suggest the scope that was meant, in one error for each mistake', () => {
    const errors = splitErrors(program['misspelt-scopes.ts']);
    expect(errors.map((error) => /^misspelt-scopes\.ts\((\d+)/.exec(error)?.[1])).toEqual([
      '4',
      '5',
      '6',
      '7',
    ]);
    expect(errors.map((error) => /Did you mean '(.*)'\?/.exec(error)?.[1])).toEqual(
      Array(4).fill('"orders:read"'),
    );
  });
});
