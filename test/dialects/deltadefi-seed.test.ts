import { createDeltadefiApp, jwtOf } from './deltadefi-app.js';
import { runSample } from './run-sample.js';
import { schemaOfAnswer, type MismatchOf } from './schema-of-answer.js';
import { seedDocument, type OpenApi } from './seed-documents.js';
import { serveApp } from './serve-app.js';
import { runSwaggerClient } from './swagger-client.js';

jest.setTimeout(120_000);

const seed = seedDocument('deltadefi');
const operation = { path: '/accounts/new-api-key', method: 'get' };

describe('the document of DeltaDeFi', () => {
  const openApi = seed.openApi as OpenApi;
  const mismatchOf: MismatchOf = schemaOfAnswer(openApi);

  it('DD3 drives a client against the router, though it names a scheme that it does not define', async () => {
    const deltadefi = createDeltadefiApp({
      verifyAccessToken: (token) => {
        if (token === 'trouble') throw new Error('the session store');
        return token === jwtOf('alice') ? 'alice' : null;
      },
    });
    await deltadefi.apiKeys.ready();
    expect(openApi.components).not.toHaveProperty('securitySchemes');
    const answers = await serveApp(deltadefi.app, (url) => {
      const credentials = [
        jwtOf('alice'),
        jwtOf('mallory'),
        'dk_live_abc123def456ghi789jkl012mno345',
        'trouble',
      ];
      const operations = credentials.map((each) => ({ ...operation, parameters: { 'X-API-KEY': each } }));
      return runSwaggerClient(openApi, url, operations);
    });
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 401, 500]);
    for (const { status, body, headers } of answers) {
      expect(mismatchOf({ ...operation, status, body })).toBeNull();
      expect(headers['content-type']).toContain('application/json');
    }
    const [documented] = seed.exampleAnswers as [object];
    expect(Object.keys(answers[0]?.body as object)).toEqual(Object.keys(documented));
    await deltadefi.apiKeys.close();
  });

  it.each(['bash', 'javascript'])('has a sample in %s that works as it stands', async (language) => {
    const deltadefi = createDeltadefiApp();
    await deltadefi.apiKeys.ready();
    await serveApp(deltadefi.app, async (url) => {
      let credential = jwtOf('alice');
      for (const before of ['a JWT', 'a key']) {
        const replacements = { 'https://api.deltadefi.io': url, '<your_current_api_key>': credential };
        const { stdout } = await runSample(seed.sample(language), replacements);
        const answer = JSON.parse(stdout) as { api_key: string };
        expect([before, mismatchOf({ ...operation, status: 200, body: answer })]).toEqual([before, null]);
        const verdicts = [credential, answer.api_key].map((key) => deltadefi.apiKeys.keys.verify({ key }));
        expect((await Promise.all(verdicts)).map(({ allowed }) => allowed)).toEqual([false, true]);
        credential = answer.api_key;
      }
    });
    await deltadefi.apiKeys.close();
  });
});
