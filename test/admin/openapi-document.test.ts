import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { endpoints } from '../../lib/admin/endpoints.js';
import { problems } from '../../lib/errors.js';
import { alice, makeKey, root, startAdminApp, type AdminApp } from './admin-app.js';
import { AnswerChecker } from './answer-checker.js';
import { inPointer, SchemaReader, type ApiDocument } from './api-document.js';
import { explained } from './extension-keywords.js';
import { problemTypeOf } from '../harness/problem-type.js';

let adminApp: AdminApp;
let document: ApiDocument;
beforeAll(async () => {
  adminApp = await startAdminApp();
  document = (await adminApp.as(null).get('/openapi.json').expect(200)).body as ApiDocument;
});
afterAll(() => adminApp.close());

interface Report {
  readonly linter: readonly string[];
  readonly validator: readonly string[];
  readonly version: string;
}

function lint(described: object): Report {
  const printed = execFileSync(process.execPath, [join(__dirname, 'lint-openapi.mjs')], {
    input: JSON.stringify(described),
    encoding: 'utf8',
    env: { ...process.env, REDOCLY_TELEMETRY: 'off' },
  });
  return JSON.parse(printed) as Report;
}

/** Every operation with its method and its path as the document writes it. */
function operationsIn({ paths }: ApiDocument) {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
  );
}

/** Every object in a value, the value included. */
function objectsIn(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value, ...Object.values(value).flatMap(objectsIn)];
}

describe('GET /openapi.json', () => {
  it('passes a public linter, with its strictest rules, and a public validator of OpenAPI 3.1', () => {
    expect(lint(document)).toEqual({ linter: [], validator: [], version: '3.1' });
  });

  it('would not pass if it were wrong', () => {
    const { openapi, info, ...rest } = document;
    const wrong = { openapi, info, ...rest, paths: { 'keys/{id}': { get: { responses: {} } } } };
    const { linter, validator } = lint(wrong);
    expect(linter.length).toBeGreaterThan(0);
    expect(validator.length).toBeGreaterThan(0);
  });

  it('describes every endpoint, and no other', () => {
    const described = operationsIn(document).map(({ method, path }) => `${method} ${path}`);
    const existing = endpoints.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/, '{$1}')}`);
    expect(described.toSorted()).toEqual(existing.toSorted());
    const names = operationsIn(document).map(({ operation }) => operation.operationId);
    expect(new Set(names).size).toBe(names.length);
  });

  it('says where the router is mounted, as the request found it', async () => {
    expect(document.servers).toMatchObject([{ url: '/api-keys' }]);
  });

  it('is the same for everybody, and holds nothing of any key', async () => {
    for (const sender of [alice, root]) {
      const { body } = await adminApp.as(sender).get('/openapi.json').expect(200);
      expect(body).toEqual(document);
    }
    expect(JSON.stringify(document)).not.toMatch(/acme_live_(?!x{65}|…)[0-9A-Za-z]{20}/);
  });

  it('is there before the instance is ready', async () => {
    const early = await startAdminApp({ unready: true });
    await early.as(null).get('/openapi.json').expect(200);
    await early.close();
  });

  it('refuses parameters, and changes nothing', async () => {
    await adminApp.as(null).get('/openapi.json?format=yaml').expect(400);
    await adminApp.as(null).post('/openapi.json').expect(405);
  });

  it('knows every code of an error, and which status it has', () => {
    const schema = document.components.schemas.Problem as { properties: { code: { enum: string[] } } };
    expect(schema.properties.code.enum.toSorted()).toEqual(Object.keys(problems).toSorted());
    for (const { operation } of operationsIn(document)) {
      for (const [status, { content }] of Object.entries(operation.responses)) {
        const examples = content['application/problem+json'] as
          { examples?: Record<string, unknown> } | undefined;
        for (const code of Object.keys(examples?.examples ?? {})) {
          expect([code, problems[code as keyof typeof problems].status]).toEqual([code, Number(status)]);
        }
      }
    }
  });

  it('uses no keyword that it does not explain', () => {
    const used = new Set(objectsIn({ ...document, 'x-keywords': {} }).flatMap(Object.keys));
    const own = [...used].filter((name) => name.startsWith('x-') && name !== 'x-keywords');
    expect(own.filter((name) => !explained.includes(name))).toEqual([]);
    expect(explained.filter((name) => !own.includes(name))).toEqual([]);
    expect(Object.keys(document['x-keywords'] as object)).toEqual(explained);
  });

  it('has schemas that compile in strict mode, and examples that they accept', () => {
    const schemas = new SchemaReader(document, { now: adminApp.now, issuedCursors: new Set() });
    const wrong: string[] = [];
    const look = (value: unknown, names: readonly string[]): void => {
      if (typeof value !== 'object' || value === null) return;
      const { examples } = value as { examples?: unknown };
      if (Array.isArray(examples) && names.includes('schemas')) {
        const validate = schemas.at(inPointer(...names));
        for (const example of examples) {
          if (!validate(example)) wrong.push(`${names.join('/')}: ${schemas.explain(validate)}`);
        }
      }
      for (const [name, member] of Object.entries(value)) {
        if (name !== 'examples') look(member, [...names, name]);
      }
    };
    look(document, []);
    expect(wrong).toEqual([]);
    for (const name of Object.keys(document.components.schemas)) {
      expect(schemas.at(inPointer('components', 'schemas', name))).toBeInstanceOf(Function);
    }
  });

  it('shows how the app says that its callers sign in', async () => {
    const securityScheme = { type: 'apiKey', in: 'cookie', name: 'session' };
    const other = await startAdminApp({ router: { securityScheme } });
    const { body } = await other.as(null).get('/openapi.json').expect(200);
    expect(body).toMatchObject({ components: { securitySchemes: { app: securityScheme } } });
    await other.close();
    for (const wrong of [null, 'cookie', {}, { type: 'cookie' }]) {
      const options = { authorize: () => null, securityScheme: wrong as never };
      expect(() => adminApp.apiKeys.adminRouter(options)).toThrow(/securityScheme: takes an object/);
    }
  });
});

describe('the comparison of answers with the document, which all tests of the router use', () => {
  it('finds what the document does not say', async () => {
    const checker = new AnswerChecker(document);
    const { id } = await makeKey(adminApp, alice);
    const { body, headers } = await adminApp.as(alice).get(`/keys/${id}`).expect(200);
    const shown = body as Record<string, unknown>;
    const { etag: _etag, ...withoutTag } = headers as Record<string, string>;
    const { name: _name, ...withoutName } = shown;
    const mismatch = (changed: object): string | null =>
      checker.mismatch({
        ...{ method: 'GET', path: `/keys/${id}`, status: 200 },
        ...{ headers: headers as Record<string, string>, body: JSON.stringify(shown) },
        ...changed,
      });
    expect(mismatch({})).toBeNull();
    expect(mismatch({ body: JSON.stringify({ ...shown, hash: 'x' }) })).toMatch(/additional/);
    expect(mismatch({ body: JSON.stringify(withoutName) })).toMatch(/required property 'name'/);
    expect(mismatch({ body: JSON.stringify({ ...shown, state: 'sleeping' }) })).toMatch(/allowed values/);
    expect(mismatch({ body: '' })).toMatch(/SyntaxError/);
    expect(mismatch({ headers: withoutTag })).toMatch(/ETag/);
    expect(mismatch({ headers: { ...withoutTag, etag: 'W/"1"' } })).toMatch(/ETag/);
    expect(mismatch({ status: 418 })).toMatch(/no such answer/);
    expect(mismatch({ path: '/nothing' })).toMatch(/no such path/);
    expect(mismatch({ method: 'PUT' })).toMatch(/no such operation/);
    const conflict = {
      ...shown,
      type: problemTypeOf('conflict'),
      title: 'x',
      status: 404,
      detail: 'x',
      code: 'conflict',
    };
    const problem = { status: 404, headers: { 'content-type': 'application/problem+json' } };
    expect(mismatch({ ...problem, body: JSON.stringify(conflict) })).toMatch(/allowed values/);
  });
});
