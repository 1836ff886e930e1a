import { Agent, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import fc, { type Arbitrary } from 'fast-check';
import type { BodyField } from '../../lib/admin/fields/body-fields.js';
import type { QueryParameter } from '../../lib/admin/fields/query-parameters.js';
import type { Actor } from '../../lib/domain/actor.js';
import { alice, makeKey, mountPath, root, startAdminApp, type AdminApp } from './admin-app.js';
import { SchemaReader, type ApiDocument, type Operation } from './api-document.js';
import { nearValidFields, nearValidParameters, tooLarge } from './near-valid-fields.js';

const agent = new Agent({ keepAlive: true });
const issuedCursors = new Set<string>();
let adminApp: AdminApp;
let document: ApiDocument;
let schemas: SchemaReader;

// Each part has an app of its own: thousands of keys would make every list and every export of the next part long.
/** Of a webhook that is not enabled. */
let webhookId: string;

async function start(): Promise<void> {
  adminApp = await startAdminApp({
    router: { managementScope: 'keys:manage' },
    instance: {
      features: { beta: 'New things', block_trades: 'Block trades' },
      plans: { free: {}, pro: {} },
      defaultPlan: 'free',
      resources: { project: 'A project of the app' },
      events: { webhooks: true },
    },
  });
  const webhook = { url: 'https://crm.example/', enabled: false };
  webhookId = (await adminApp.apiKeys.webhooks.as({ kind: 'application' }).create(webhook)).id;
  document = (await adminApp.as(null).get('/openapi.json').expect(200)).body as ApiDocument;
  schemas = new SchemaReader(document, { now: adminApp.now, issuedCursors });
}
afterAll(() => agent.destroy());

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Got {
  readonly status: number;
  readonly text: string;
}

async function answerTo({ method, path, headers = {}, body }: Sent): Promise<Got> {
  const { port } = adminApp.server.address() as AddressInfo;
  const json = body === undefined ? {} : { 'Content-Type': 'application/json' };
  const sent = request({
    agent,
    port,
    host: '127.0.0.1',
    method,
    path: mountPath + path,
    headers: { ...headers, ...json },
  });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of answer) text += String(chunk);
  return { status: answer.statusCode ?? 0, text };
}

const as = (actor: Actor): Record<string, string> => ({ 'X-Actor': JSON.stringify(actor) });

function operationAt(method: string, path: string): Operation {
  const operation = document.paths[path]?.[method];
  if (operation === undefined) throw new Error(`there is no ${method} ${path}`);
  return operation;
}

/** Runs the property, and wants both outcomes to be common: otherwise it would say little. */
async function compare<T>(
  cases: Arbitrary<T>,
  agrees: (value: T) => Promise<'accepted' | 'refused'>,
): Promise<void> {
  const counts = { accepted: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(cases, async (value) => {
      counts[await agrees(value)] += 1;
    }),
    // Cases are small as they are; to shrink them would take thousands of requests more.
    { numRuns: 300, endOnFailure: true },
  );
  expect(counts.accepted).toBeGreaterThan(25);
  expect(counts.refused).toBeGreaterThan(25);
}

/** What is valid must not be answered with 400 or 413, and what is not valid must be. */
function expectAgreement(wrong: string, sent: string, { status, text }: Got): 'accepted' | 'refused' {
  const isRefused = status === 400 || status === 413;
  const isValid = wrong === '';
  if (isValid === isRefused)
    throw new Error(`${isValid ? 'valid' : wrong}, yet ${status} ${text} for ${sent}`);
  if (!isRefused && ![200, 201, 202, 403, 409, 412, 422].includes(status))
    throw new Error(`${status} for ${sent}`);
  return isRefused ? 'refused' : 'accepted';
}

/** What is wrong with a value; nothing is the empty text. */
function wrongWith(schema: object, value: unknown): string {
  const validate = schemas.of(schema);
  return validate(value) ? '' : schemas.explain(validate);
}

interface BodySchema {
  readonly required?: readonly string[];
  readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly [keyword: string]: unknown;
}

/** The schema of a body for one kind of caller: `x-admins-only` in words of JSON Schema. */
function schemaFor(schema: BodySchema, isAdmin: boolean): BodySchema {
  const fields = Object.entries(schema.properties);
  const isForAdmins = ([, field]: (typeof fields)[number]): boolean => field['x-admins-only'] === true;
  if (isAdmin) {
    return {
      ...schema,
      required: [...(schema.required ?? []), ...fields.filter(isForAdmins).map(([name]) => name)],
    };
  }
  return { ...schema, properties: Object.fromEntries(fields.filter((field) => !isForAdmins(field))) };
}

/** Bodies of which about half are accepted, whatever the number of their fields is. */
function bodiesOf({ properties, required = [] }: BodySchema): Arbitrary<unknown> {
  const names = Object.keys(properties) as BodyField[];
  const share = Math.max(2, 2 * names.length);
  const fields = names.map((name) => {
    const { good, bad } = nearValidFields[name];
    const value = fc.oneof({ arbitrary: good, weight: share }, { arbitrary: bad, weight: 1 });
    const isRequired = required.includes(name);
    return fc
      .tuple(fc.integer({ min: 1, max: 60 }), value)
      .map(([dice, each]) => (dice <= (isRequired ? 59 : 25) ? [[name, each] as const] : []));
  });
  const odd = fc.constantFrom('id', 'Name', '__proto__', 'constructor', 'ownerId', 'keyspace', 'x', '');
  const more = fc
    .integer({ min: 1, max: 20 })
    .chain((dice) =>
      dice === 1 ? odd.map((name) => [[name, 'x'] as const]) : fc.constant<(readonly [string, string])[]>([]),
    );
  const objects = fc
    .tuple(more, ...fields)
    .map((members) => Object.fromEntries(members.flat() as (readonly [string, unknown])[]));
  return fc.oneof({ arbitrary: objects, weight: 60 }, fc.constantFrom<unknown>([], null, 1, 'text', [{}]));
}

/**
 * Who sends the bodies of an operation, and about which key. Accepted bodies make no secret where that is not what is
 * compared: bcrypt would take minutes.
 */
const bodies = [
  // It may not make keys, which is answered once its body was found to be valid.
  { method: 'post', template: '/keys', sender: 'a key' },
  // It repeats an Idempotency-Key with other bodies, which is answered once they were found to be valid.
  { method: 'post', template: '/keys', sender: 'an admin' },
  { method: 'patch', template: '/keys/{id}', sender: 'an owner' },
  // That a key is revoked is answered once the body was found to be valid.
  { method: 'post', template: '/keys/{id}/rotate', sender: 'an owner', isRevoked: true },
  { method: 'post', template: '/keys/{id}/revoke', sender: 'an owner' },
  { method: 'post', template: '/owners/{ownerId}/suspend', sender: 'an admin' },
  { method: 'put', template: '/owners/{ownerId}', sender: 'an admin' },
  { method: 'post', template: '/plan-impact', sender: 'an admin' },
  { method: 'post', template: '/keys/import', sender: 'an admin' },
  { method: 'post', template: '/webhooks', sender: 'an admin' },
  { method: 'patch', template: '/webhooks/{webhookId}', sender: 'an admin' },
  { method: 'post', template: '/webhooks/{webhookId}/rotate-secret', sender: 'an admin' },
  { method: 'post', template: '/webhooks/{webhookId}/replay', sender: 'an admin' },
] as const;

describe('what the schema of a body accepts is what the router accepts', () => {
  beforeAll(start);
  afterAll(() => adminApp.close());

  it.each(bodies)(
    '$method $template by $sender',
    async ({ method, template, sender, ...about }) => {
      const { id, key } = await makeKey(adminApp, alice);
      if ('isRevoked' in about) await adminApp.as(alice).post(`/keys/${id}/revoke`).expect(200);
      const repeating = { ...as(root), ...(template === '/keys' ? { 'Idempotency-Key': 'one' } : {}) };
      const headersOf = { 'a key': { 'X-Acting-Key': key }, 'an admin': repeating, 'an owner': as(alice) };
      await answerTo({
        method,
        path: template,
        headers: repeating,
        body: '{"name":"x","scopes":[],"ownerId":"x"}',
      });
      const described = operationAt(method, template).requestBody?.content['application/json']?.schema;
      const schema = schemaFor(described as unknown as BodySchema, sender === 'an admin');
      await compare(bodiesOf(schema), async (value) => {
        const body = JSON.stringify(value).replaceAll(JSON.stringify(tooLarge), '1e400');
        const path = template
          .replace('{id}', id)
          .replace('{ownerId}', 'bob')
          .replace('{webhookId}', webhookId);
        const answer = await answerTo({ method, path, headers: headersOf[sender], body });
        return expectAgreement(wrongWith(schema, JSON.parse(body)), body, answer);
      });
    },
    300_000,
  );

  it('covers every body that the router reads', () => {
    const read = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { requestBody }]) =>
        requestBody === undefined ? [] : [`${method} ${path}`],
      ),
    );
    // The holder of a key sends the same body as its owner; the key could be revoked only once.
    // To resume takes no fields.
    const covered = [
      ...bodies.map(({ method, template }) => `${method} ${template}`),
      'post /self/revoke',
      'post /owners/{ownerId}/resume',
    ];
    expect(read.toSorted()).toEqual([...new Set(covered)].toSorted());
    const schemaOf = (path: string): unknown => operationAt('post', path).requestBody?.content;
    expect(schemaOf('/self/revoke')).toEqual(schemaOf('/keys/{id}/revoke'));
  });
});

/** A text of a query as the schemas mean it: a whole number where one is written in plain decimal digits. */
function valueOf(text: string, schema: Readonly<Record<string, unknown>>): unknown {
  if (schema.type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return schema.type === 'integer' && /^(0|-?[1-9][0-9]*)$/.test(text) ? Number(text) : text;
}

const queries = [
  '/keys',
  '/keys/{id}/usage',
  '/posture',
  '/owners',
  '/audit',
  '/audit/access',
  '/audit/observed',
  '/audit/export',
  '/audit/verify',
  '/webhooks/{webhookId}/deliveries',
];

describe('what the schemas of a query accept is what the router accepts', () => {
  beforeAll(start);
  afterAll(() => adminApp.close());

  it.each(queries)(
    'get %s',
    async (template) => {
      const { id } = await makeKey(adminApp, alice);
      const operation = operationAt('get', template);
      const parameters = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query');
      const longest = Number((operation as unknown as Record<string, unknown>)['x-max-query-length']);
      const share = 2 * parameters.length;
      const texts = parameters.map(({ name }) => {
        const { good, bad } = nearValidParameters[name as QueryParameter];
        // A good cursor would have to come from a page with the same filter; others must be refused.
        const isIssued = name === 'cursor' || name === 'resume';
        const weight = isIssued ? 0 : share;
        const text = fc.oneof({ arbitrary: good, weight }, { arbitrary: bad, weight: 1 });
        const most = isIssued ? 1 : 20;
        return fc
          .tuple(fc.integer({ min: 1, max: 50 }), text)
          .map(([dice, each]) => (dice <= most ? [[name, each]] : []));
      });
      const unknown = fc.integer({ min: 1, max: 30 }).map((dice) => (dice === 1 ? [['sort', 'name']] : []));
      const sought = fc
        .tuple(unknown, ...texts)
        .map((members) => members.flat() as [string, string][])
        .filter((members) => members.every(([, text]) => Buffer.from(text).toString() === text));
      await compare(sought, async (members) => {
        const query = members.map(([name, text]) => `${name}=${encodeURIComponent(text)}`).join('&');
        const wrong = members.flatMap(([name, text]) => {
          const schema = parameters.find((parameter) => parameter.name === name)?.schema;
          if (schema === undefined) return [`${name} is unknown`];
          const reason = wrongWith(schema, valueOf(text, schema));
          return reason === '' ? [] : [`${name} ${reason}`];
        });
        if (query.length > longest) wrong.push('the query is too long');
        const path = `${template.replace('{id}', id).replace('{webhookId}', webhookId)}?${query}`;
        return expectAgreement(
          wrong.join(', '),
          query,
          await answerTo({ method: 'get', path, headers: as(root) }),
        );
      });
    },
    300_000,
  );

  it('covers every query that the router reads', () => {
    const read = Object.entries(document.paths).filter(([, { get }]) =>
      get?.parameters?.some((each) => each.in === 'query'),
    );
    expect(read.map(([path]) => path).toSorted()).toEqual(queries.toSorted());
  });

  it('accepts the cursors that pages of the same list handed out', async () => {
    await Promise.all([makeKey(adminApp, alice), makeKey(adminApp, alice)]);
    const { body } = await adminApp.as(alice).get('/keys?limit=1').expect(200);
    const { nextCursor } = body as { nextCursor: string };
    issuedCursors.add(nextCursor);
    const schema =
      operationAt('get', '/keys').parameters?.find(({ name }) => name === 'cursor')?.schema ?? {};
    expect(schemas.of(schema)(nextCursor)).toBe(true);
    await adminApp.as(alice).get(`/keys?limit=1&cursor=${nextCursor}`).expect(200);
    issuedCursors.clear();
  });
});

const headers = [
  ['If-Match', ['"', '"', 'W/', '*', '1', 'a', ',', ' ', '\t', '\\', 'ÿ', '"1"', '"1"', 'x'.repeat(254)]],
  [
    'Idempotency-Key',
    ['"', '\\', '\\"', 'a', ' ', ',', '0', '~', '!', 'é', '\t', 'x'.repeat(127), 'x'.repeat(128)],
  ],
] as const;

describe('what the schema of a header accepts is what the router accepts', () => {
  beforeAll(start);
  afterAll(() => adminApp.close());

  it.each(headers)(
    '%s',
    async (name, pieces) => {
      const { id } = await makeKey(adminApp, alice);
      const parameters = operationAt('post', '/keys/{id}/rotate').parameters ?? [];
      const schema = parameters.find((parameter) => parameter.name === name)?.schema ?? {};
      const text = fc
        .array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 5 })
        .map((parts) => parts.join(''));
      const quoted = text.map((each) => `"${each}"`);
      // A header loses the blanks at its ends on the way.
      const sought = fc.oneof(text, quoted).map((each) => each.replace(/^[ \t]+|[ \t]+$/g, ''));
      await adminApp.as(alice).post(`/keys/${id}/revoke`).expect(200);
      await compare(sought, async (value) => {
        const sent = { method: 'post', path: `/keys/${id}/rotate`, headers: { ...as(alice), [name]: value } };
        // The key is revoked, so that no rotation of the thousands has to make a secret.
        return expectAgreement(wrongWith(schema, value), JSON.stringify(value), await answerTo(sent));
      });
    },
    300_000,
  );

  it('covers every header that the router reads', () => {
    const named = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).flatMap(({ parameters = [] }) =>
        parameters.filter((each) => each.in === 'header'),
      ),
    );
    // What is no more than a text can only be right or wrong, never malformed.
    const withForm = named.filter(({ schema }) => 'pattern' in schema);
    expect(new Set(withForm.map(({ name }) => name))).toEqual(new Set(headers.map(([name]) => name)));
  });
});
