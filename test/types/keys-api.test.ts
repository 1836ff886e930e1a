import { compile, splitErrors } from './compile.js';

const setUp = [
  "import { createApiKeys, type ActingKeysApi, type ApiKey, type KeysApi } from 'express-api-keys';",
  "export const apiKeys = createApiKeys({ prefix: 'acme', scopes: { 'orders:read': '', 'orders:write': '' } });",
  "export const keys = apiKeys.keys.as({ kind: 'application' });",
  "export const own = apiKeys.keys.as({ kind: 'owner', ownerId: 'alice' });",
  'export type Used = readonly [ActingKeysApi<string>, ApiKey, KeysApi<string>];',
];

const mistakes: readonly (readonly [string, string])[] = [
  [`keys.create({ ownerId: 'a', name: 'x', scopes: ['orders:raed'] })`, `Did you mean '"orders:read"'?`],
  [`own.create({ name: 'x', scopes: ['orders:raed'] })`, `Did you mean '"orders:read"'?`],
  [
    `apiKeys.keys.create({ ownerId: 'a', name: 'x', scopes: ['orders:raed'] }, { actor: { kind: 'application' } })`,
    `Did you mean '"orders:read"'?`,
  ],
  [`keys.update({ id: 'x', scopes: ['orders:raed'] })`, `Did you mean '"orders:read"'?`],
  [`apiKeys.keys.verify({ key: 'x', scopes: 'orders:raed' })`, `Did you mean '"orders:read"'?`],
  [
    `apiKeys.keys.verifyRequest({ headers: {} }, { scopes: { GET: 'orders:raed' } })`,
    `Did you mean '"orders:read"'?`,
  ],
  [`apiKeys.keys.verifyRequest({ header: {} })`, `'header' does not exist in type 'VerifiableRequest'`],
  [
    `apiKeys.keys.verifyRequest(new Request('x'), { scope: 'orders:read' })`,
    `'scope' does not exist in type`,
  ],
  [`apiKeys.forwardAuthRouter({ scopes: 'orders:raed' })`, `Did you mean '"orders:read"'?`],
  [`apiKeys.forwardAuthRouter({ proxy: 'apache' })`, `Type '"apache"' is not assignable to type`],
  [`keys.create({ ownerId: 'a', nam: 'x', scopes: [] })`, `Did you mean to write 'name'?`],
  [`keys.create({ ownerId: 'a', name: 5 })`, `Type 'number' is not assignable to type 'string'`],
  [
    `keys.create({ ownerId: 'a', name: 'x', publicKey: 5 })`,
    `Type 'number' is not assignable to type 'string'`,
  ],
  [`keys.create({ name: 'x' })`, `Property 'ownerId' is missing`],
  [
    `keys.create({ ownerId: 'a', name: 'x', expiresAt: '2030-01-01' })`,
    `Type 'string' is not assignable to type 'Date'`,
  ],
  [
    `keys.create({ ownerId: 'a', name: 'x', publicKey: 'PEM', signing: 'hmac' })`,
    `not assignable to type 'never'`,
  ],
  [
    `keys.create({ ownerId: 'a', name: 'x', publicKey: 'PEM' }).then(({ key }) => key)`,
    `Property 'key' does not exist`,
  ],
  [`keys.rotate({ id: 'x', publicKey: 'PEM' }).then(({ key }) => key)`, `Property 'key' does not exist`],
  [`keys.revoke('id')`, `Argument of type 'string' is not assignable to parameter of type 'KeyRevocation'`],
  [`keys.revokeAll()`, `Expected 1 arguments, but got 0`],
  [`keys.get({ id: 'x' }, { actor: { kind: 'owner', ownerId: 'a' } })`, `Expected 1 arguments, but got 2`],
  [`apiKeys.keys.get({ id: 'x' })`, `Expected 2 arguments, but got 1`],
  [`apiKeys.keys.as({ kind: 'aplication' })`, `Did you mean '"application"'?`],
  [`apiKeys.keys.as({ kind: 'owner' })`, `Property 'ownerId' is missing`],
  [`apiKeys.audit.list()`, `Expected 2 arguments, but got 0`],
];

const right = [
  `void keys.create({ ownerId: 'a', name: 'x', scopes: ['orders:read', 'orders:*', '*'] }).then((made) => made.key.length);`,
  `void keys.create({ ownerId: 'a', name: 'x', signing: 'hmac' }).then((made) => made.key.length);`,
  `void keys.create({ ownerId: 'a', name: 'x', publicKey: 'PEM' }).then((made) => made.publicKey?.algorithm);`,
  `void keys.rotate({ id: 'x' }, { expectedVersion: 2 }).then((made) => made.key.length);`,
  `void own.create({ name: 'x' });`,
  `void own.create({ name: 'x', ownerId: 'alice' });`,
  `void Promise.all([own.list(), own.revokeAll(), own.revokeAll({ reason: 'superseded' })]);`,
  `void apiKeys.keys.revoke({ id: 'x' }, { actor: { kind: 'admin', id: 'root' }, expectedVersion: 1 });`,
  `void keys.get({ id: 'x' }).then((found: ApiKey | null) => found?.createdAt.getTime());`,
  `void apiKeys.audit.as({ kind: 'admin', id: 'root' }).list({ from: new Date() }).then(({ items }) => items[0]?.at.getTime());`,
  `declare const actor: { kind: 'owner'; ownerId: string } | { kind: 'admin'; id: string };`,
  `void apiKeys.keys.as(actor).create({ ownerId: 'a', name: 'x' });`,
  `const anyKeys: KeysApi<string, string> = apiKeys.keys;`,
  `const anyActing: readonly ActingKeysApi<string, string>[] = [keys, own, anyKeys.as(actor)];`,
  `void anyActing;`,
];

const statements = mistakes.map(([statement]) => `void ${statement};`);
const textOf = (lines: readonly string[]): string => [...setUp, ...lines].join('\n');
const said = compile({ 'mistakes.ts': { text: textOf(statements) }, 'right.ts': { text: textOf(right) } });

it('a mistake in a call is reported once, where it is', () => {
  const errors = splitErrors(said['mistakes.ts']);
  const reported = mistakes.map((_, index) => {
    const line = setUp.length + index + 1;
    return errors.filter((error) => error.startsWith(`mistakes.ts(${line},`));
  });
  expect(reported).toEqual(mistakes.map(([, message]) => [expect.stringContaining(message)]));
});

it('what is right compiles', () => {
  expect(said['right.ts']).toBe('');
});
