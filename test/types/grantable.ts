// Compiled by `npm run typecheck`; nothing here runs.
import { createApiKeys, type AnyApiKeys, type ApiKeys } from 'express-api-keys';

const apiKeys = createApiKeys({
  prefix: 'acme',
  scopes: { 'orders:read': 'Read orders', 'orders:write': 'Place orders' },
  features: { export: 'Export as CSV' },
  resources: { project: 'A project' },
});
const actor = { kind: 'owner', ownerId: 'alice' } as const;

// The names are those of the options.
const names: readonly ('orders:read' | 'orders:write')[] = apiKeys.scopes.map(({ name }) => name);
const labels: Readonly<Record<(typeof apiKeys.scopes)[number]['name'], string>> = {
  'orders:read': 'Read',
  'orders:write': 'Write',
};
// @ts-expect-error not a scope
void apiKeys.scopes.find(({ name }) => name === 'orders:raed');
for (const grantable of [
  await apiKeys.keys.as(actor).grantable(),
  await apiKeys.keys.grantable({}, { actor }),
]) {
  const given = grantable.scopes.filter((scope) => scope.grantable).map(({ name }) => name);
  await apiKeys.keys.as(actor).create({ name: 'CI', scopes: given });
  const features: readonly 'export'[] = grantable.features.map(({ name }) => name);
  const kinds: readonly 'project'[] = grantable.resources.map(({ name }) => name);
  const ids: readonly (readonly string[] | null)[] = grantable.resources.map((kind) => kind.ids);
  // @ts-expect-error not a scope
  void grantable.scopes.find(({ name }) => name === 'orders:raed');
  // @ts-expect-error not a kind
  void grantable.resources.find(({ name }) => name === 'projekt');
  void [features, kinds, ids];
}

// Modules that know less take the instance, and get the names that they know, or strings.
const any: AnyApiKeys = apiKeys;
const some: ApiKeys<'orders:read'> = apiKeys;
const anyNames: readonly string[] = any.scopes.map(({ name }) => name);
const { features, resources } = await some.keys.as(actor).grantable();
void [anyNames, names, labels, features.some(({ name }) => name === 'beta'), resources[0]?.name === 'tenant'];
