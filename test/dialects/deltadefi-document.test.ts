import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import request from 'supertest';
import { createDeltadefiApp, jwtOf } from './deltadefi-app.js';
import { schemaOfAnswer } from './schema-of-answer.js';
import type { OpenApi } from './seed-documents.js';
import { serveApp } from './serve-app.js';
import { runSwaggerClient } from './swagger-client.js';

jest.setTimeout(120_000);

const signIn = (): {
  token: string;
  user_id: string;
  is_first_time: boolean;
  is_onboarding_ready: boolean;
} => ({
  ...{ token: jwtOf('alice'), user_id: 'alice' },
  ...{ is_first_time: false, is_onboarding_ready: true },
});

describe('the document that the DeltaDeFi router gives of itself', () => {
  it('DD3 defines the security scheme, is valid, and drives a client whose answers are as it says', async () => {
    const deltadefi = createDeltadefiApp({ signIn });
    await deltadefi.apiKeys.ready();
    const { body } = await request(deltadefi.app).get('/accounts/openapi.json').expect(200);
    const document = body as OpenApi & { paths: Record<string, Record<string, object>> };
    expect(document.components).toMatchObject({
      securitySchemes: { ApiKeyAuth: { type: 'apiKey', in: 'header', name: 'X-API-KEY' } },
    });
    const report = execFileSync(process.execPath, [join(__dirname, '../admin/lint-openapi.mjs')], {
      input: JSON.stringify(document),
      encoding: 'utf8',
      env: { ...process.env, REDOCLY_TELEMETRY: 'off' },
    });
    expect(JSON.parse(report)).toMatchObject({ validator: [], version: '3.1' });

    const headers = { 'X-API-KEY': jwtOf('alice') };
    const called = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => ({
        ...{ path, method },
        ...(path.endsWith('signin')
          ? { requestBody: { wallet_address: 'abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw' } }
          : {}),
      })),
    );
    expect(called.map(({ path, method }) => `${method} ${path}`)).toEqual([
      'get /accounts/new-api-key',
      'post /accounts/new-api-key',
      'get /accounts/api-key',
      'post /accounts/signin',
    ]);
    const mismatchOf = schemaOfAnswer(document);
    const answers = await serveApp(deltadefi.app, (url) => runSwaggerClient(document, url, called, headers));
    answers.forEach((answer, index) => {
      const { path = '', method = '' } = called[index] ?? {};
      expect([path, answer.status, mismatchOf({ path, method, ...answer })]).toEqual([path, 200, null]);
    });
    await deltadefi.apiKeys.close();
  });

  it('names no sign-in where there is none', async () => {
    const { app, apiKeys } = createDeltadefiApp();
    const { body } = await request(app).get('/accounts/openapi.json').expect(200);
    expect(Object.keys((body as { paths: object }).paths)).not.toContain('/accounts/signin');
    await apiKeys.close();
  });
});
