import { endpoints } from '../../lib/admin/endpoints.js';
import { describeApi } from '../../lib/admin/openapi/describe-api.js';
import { createDocumentText } from '../../lib/admin/openapi/create-document-text.js';
import { createProblemTypes } from '../../lib/http/problem-types.js';
import { createDefaultKeyspace } from '../../lib/instance/default-keyspace.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import { fixedClock, memoryStore } from '../../lib/testing/index.js';
import { scopes, testPepper } from '../harness/instance.js';

const keyspace = createDefaultKeyspace(
  resolveOptions({ prefix: 'acme', scopes, pepper: testPepper, store: memoryStore() }),
);
const problemTypes = createProblemTypes('https://docs.example/errors');
const security = { credentialHeaders: [], appScheme: null };

describe('the text of the OpenAPI document', () => {
  it('is the document, with the server of each request', () => {
    const api = { endpoints, rules: { keyspace, clock: fixedClock(0) }, security, problemTypes };
    const textFor = createDocumentText(api);
    for (const [mountedAt, url] of [
      ['', '/'],
      ['/api-keys', '/api-keys'],
      ['/a"b\\c\u2028', '/a"b\\c\u2028'],
    ] as const) {
      const { servers, ...rest } = JSON.parse(textFor(mountedAt)) as { servers: unknown };
      expect(rest).toEqual(JSON.parse(JSON.stringify(describeApi(api))));
      expect(servers).toEqual([{ url, description: 'Where the router is mounted.' }]);
      expect(textFor(mountedAt)).toBe(textFor(mountedAt));
      expect(textFor(mountedAt)).not.toContain('\u2028');
    }
  });

  it('is made when it is first asked for, and once, wherever the router is mounted', () => {
    let looks = 0;
    const rules = {
      get keyspace() {
        looks += 1;
        return keyspace;
      },
      clock: fixedClock(0),
    };
    const textFor = createDocumentText({ endpoints, rules, security, problemTypes });
    expect(looks).toBe(0);
    textFor('/first');
    const looksForOne = looks;
    expect(looksForOne).toBeGreaterThan(0);
    for (let tenant = 0; tenant < 100; tenant += 1) textFor(`/tenants/${tenant}`);
    expect(looks).toBe(looksForOne);
  });
});
