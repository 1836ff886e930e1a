// Compiled by `npm run typecheck` with the types of Express 5, and by `compiler.test.ts` with those of Express 4; nothing here runs.
import express, { type Request } from 'express';
import { apiKeyOf, createApiKeys, type AnyApiKeys, type ApiKeys, type GuardOptions } from 'express-api-keys';
import { actingAs } from 'express-api-keys/testing';

const scopes = { 'orders:read': '', 'orders:write': '' };
const apiKeys = createApiKeys({
  prefix: 'acme',
  scopes,
  resources: { project: 'A project', region: 'A region' },
});
const withoutKinds = createApiKeys({ prefix: 'acme', scopes });
const keys = apiKeys.keys.as({ kind: 'application' });
const app = express();
const { requireApiKey } = apiKeys;

// `on` names known kinds, with an id or several.
app.get('/projects/:projectId', requireApiKey('orders:read', { on: 'handler' }), (req) => {
  const id: string = req.params.projectId;
  const projects: 'all' | readonly string[] = apiKeys.apiKeyOf(req).only('project');
  // @ts-expect-error misspelt
  apiKeys.apiKeyOf(req).only('projekt');
  apiKeyOf<{ resources: 'project' }>(req).only('project');
  // @ts-expect-error not said to be a kind
  apiKeyOf<{ resources: 'project' }>(req).only('region');
  apiKeyOf(req).only('any string');
  void [id, projects];
});
requireApiKey('orders:read', { on: (req) => ({ project: req.params['projectId'] }) });
requireApiKey('orders:read', { on: (req) => ({ project: req.params['projectId'], region: ['eu', 'us'] }) });
requireApiKey('orders:read', { on: (req: Request) => (req.path === '/' ? undefined : { project: 'p1' }) });
requireApiKey.anyScope({ on: () => null });
// @ts-expect-error misspelt
requireApiKey('orders:read', { on: (req) => ({ projekt: req.params['projectId'] }) });
// @ts-expect-error misspelt, beside one that is not
requireApiKey('orders:read', { on: (req) => ({ project: req.params['projectId'], regoin: 'eu' }) });
// @ts-expect-error misspelt, beside one that is not
requireApiKey.anyScope({ on: () => ({ project: 'p1', projekt: 'p1' }) });
// @ts-expect-error misspelt in one of the cases
requireApiKey('orders:read', {
  on: ({ path }) => (path === '/' ? { project: 'p1' } : { region: 'eu', projekt: 'p1' }),
});
const onBoth = (req: Request) => ({ project: req.params['projectId'], projekt: 'p1' });
// @ts-expect-error misspelt in a function of its own
requireApiKey('orders:read', { on: onBoth });
const onKinds = (req: Request) => (req.path === '/' ? { project: 'p1' } : { region: ['eu'] as const });
requireApiKey('orders:read', { on: onKinds });
requireApiKey({ GET: 'orders:read', POST: 'orders:write' }, { on: () => ({}), cost: 2 });
const guardOptions: GuardOptions<never, 'project' | 'region'> = { on: () => ({ project: 'p1' }) };
requireApiKey('orders:read', guardOptions);
// @ts-expect-error misspelt
const misspelt: GuardOptions<never, 'project' | 'region'> = { on: () => ({ projekt: 'p1' }) };
void misspelt;
// @ts-expect-error ids are strings
requireApiKey('orders:read', { on: () => ({ project: 7 }) });
// @ts-expect-error misspelt
requireApiKey('orders:read', { on: 'handlers' });
// @ts-expect-error decided while the request waits
requireApiKey('orders:read', { on: async () => ({ project: 'p1' }) });
// @ts-expect-error there are no kinds
withoutKinds.requireApiKey('orders:read', { on: () => ({ project: 'p1' }) });
// @ts-expect-error there are no kinds
withoutKinds.requireApiKey('orders:read', { on: 'handler' });
// @ts-expect-error there are no kinds
void ((req: Request) => withoutKinds.apiKeyOf(req).only('project'));

// The other doors.
apiKeys.forwardAuthRouter({ proxy: 'nginx', on: (req) => ({ project: req.path.split('/')[2] }) });
apiKeys.mcpGuard({ on: 'handler' });
// @ts-expect-error misspelt
apiKeys.forwardAuthRouter({ proxy: 'nginx', on: () => ({ projekt: 'p1' }) });
// @ts-expect-error misspelt
apiKeys.mcpGuard({ on: () => ({ projekt: 'p1' }) });
// @ts-expect-error misspelt, beside one that is not
apiKeys.forwardAuthRouter({ proxy: 'nginx', on: () => ({ project: 'p1', projekt: 'p1' }) });
// @ts-expect-error misspelt, beside one that is not
apiKeys.mcpGuard({ tools: { a: 'orders:read' }, on: () => ({ project: 'p1', projekt: 'p1' }) });
// @ts-expect-error misspelt, beside one that is not
void apiKeys.keys.verify({ key: 'token', resources: { project: 'p1', projekt: 'p1' } });
// @ts-expect-error misspelt, beside one that is not
void apiKeys.keys.verifyRequest({ headers: {} }, { resources: { project: 'p1', projekt: 'p1' } });
void apiKeys.keys.verify({ key: 'token', resources: { project: 'p1', region: ['eu'] } });
void apiKeys.keys.verify({ key: 'token', resources: 'handler' });
void apiKeys.keys.verifyRequest({ headers: {} }, { resources: { project: ['p1', 'p2'] } });
// @ts-expect-error misspelt
void apiKeys.keys.verify({ key: 'token', resources: { projekt: 'p1' } });
// @ts-expect-error misspelt
void apiKeys.keys.verifyRequest({ headers: {} }, { resources: { projekt: 'p1' } });
// @ts-expect-error there are no kinds
void withoutKinds.keys.verify({ key: 'token', resources: { project: 'p1' } });

// Keys.
const newKey = { ownerId: 'alice', name: 'CI', scopes: ['orders:read'] as const };
void keys.create({ ...newKey, resources: { project: ['p1'] } }).then((created) => {
  const bound: readonly string[] | undefined = created.resources?.['project'];
  void bound;
});
void keys.create({ ...newKey, resources: null });
void keys.update({ id: 'id', resources: { region: ['eu'] } });
void keys.list({ resource: { project: 'p1' } });
void actingAs(apiKeys, { scopes: ['orders:read'], resources: { project: ['p1'] } });
// @ts-expect-error misspelt
void keys.create({ ...newKey, resources: { projekt: ['p1'] } });
// @ts-expect-error a list of ids
void keys.create({ ...newKey, resources: { project: 'p1' } });
// @ts-expect-error misspelt
void keys.update({ id: 'id', resources: { projekt: ['p1'] } });
// @ts-expect-error misspelt
void keys.list({ resource: { projekt: 'p1' } });
// @ts-expect-error misspelt
void actingAs(apiKeys, { scopes: ['orders:read'], resources: { projekt: ['p1'] } });
// @ts-expect-error there are no kinds
void withoutKinds.keys.as({ kind: 'application' }).create({ ...newKey, resources: { project: ['p1'] } });

// Code that needs no kinds, or fewer, takes the instance.
const any: AnyApiKeys = apiKeys;
const fewer: ApiKeys<'orders:read', never, 'project'> = apiKeys;
const none: ApiKeys<'orders:read'> = apiKeys;
// @ts-expect-error an instance that lacks a kind
const more: ApiKeys<'orders:read', never, 'tenant'> = apiKeys;
void [any, fewer, none, more];
