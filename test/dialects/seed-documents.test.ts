import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeBlocks } from './seed-code-blocks.js';
import { seedDocument, seedNumbers, type SeedName } from './seed-documents.js';

const folder = join(__dirname, '..', 'seeds');
const names = Object.keys(seedNumbers) as SeedName[];

/** They are not reformatted, and no checkout has changed their line ends. */
const sums: Readonly<Record<string, string>> = {
  '000_60a70c672930dd7f.txt': '31c5594f16b21735d70f77f631b94d1be516867ff8c098aa8fca0f59115a51b2',
  '001_402ec71173f92d47.txt': 'b4b0acff76ba83bf5c8cde21616267fa4cae27ac69f3a88e46163678215c6e98',
  '002_ced81b75ad6b965d.txt': '5e557da46edd62400a9be1079ddbb3ab84b0e7d3fc2c0cfaa146c4ea25bad752',
  '003_bc0eb8c2902610cc.txt': 'e985f618febe29d7977be1986e116b2cc157246cbcc34c0efc0e326f7521f6db',
  '004_ca39f7d1c52b8c4e.txt': 'daf440759876d261019b2d2310bad5b5f50d5168a7a40418ccd6f28756c9fa11',
};

describe('the documents of the dialects', () => {
  it('are as they were found', () => {
    const found = readdirSync(folder).map((file) => {
      const sum = createHash('sha256')
        .update(readFileSync(join(folder, file)))
        .digest('hex');
      return [file, sum] as const;
    });
    expect(Object.fromEntries(found)).toEqual(sums);
    expect(names.map((name) => seedDocument(name).file).sort()).toEqual(Object.keys(sums).sort());
  });

  it.each([
    ['deltadefi', ['json', 'bash', 'javascript', 'go', 'json']],
    ['deribitCreate', ['json', 'yaml']],
    ['yativo', ['typescript', 'bash', 'json']],
    ['deribitReset', ['json', 'yaml']],
    ['nebula', ['bash', 'json']],
  ] as const)('%s has blocks of %j', (name, languages) => {
    expect(seedDocument(name).blocks.map(({ language }) => language)).toEqual(languages);
  });

  it.each([
    ['deltadefi', '3.1.1', '/accounts/new-api-key'],
    ['deribitCreate', '3.0.0', '/private/create_api_key'],
    ['deribitReset', '3.0.0', '/private/reset_api_key'],
  ] as const)('%s holds OpenAPI %s for %s', (name, version, path) => {
    const { openApi } = seedDocument(name);
    expect(openApi?.openapi).toBe(version);
    expect(Object.keys(openApi?.paths ?? {})).toEqual([path]);
    expect(Object.keys(openApi?.paths[path] ?? {})).toEqual(['get']);
  });

  it('show what is sent and what is answered', () => {
    const only = (values: readonly unknown[]): unknown => {
      expect(values).toHaveLength(1);
      return values[0];
    };
    const { exampleRequests, exampleAnswers } = seedDocument('deribitCreate');
    expect(only(exampleRequests)).toMatchObject({
      id: 8974,
      params: { public_key: expect.stringMatching(/^-----BEGIN PUBLIC KEY-----\n.+\n-----END/) as string },
    });
    expect(only(exampleAnswers)).toMatchObject({ id: 2453, result: { client_id: '1sXMQBhM' } });
    expect(only(seedDocument('deribitReset').exampleRequests)).toMatchObject({ params: { id: 3 } });
    expect(only(seedDocument('deribitReset').exampleAnswers)).toEqual(only(exampleAnswers));
    expect(only(seedDocument('deltadefi').exampleAnswers)).toEqual({
      api_key: 'dk_live_abc123def456ghi789jkl012mno345',
      created_at: '2024-01-01T00:00:00Z',
    });
    expect(only(seedDocument('yativo').exampleAnswers)).toMatchObject({ data: { token_expiry_minutes: 60 } });
    expect(only(seedDocument('nebula').exampleAnswers)).toMatchObject({ status: 'success' });
    expect(seedDocument('nebula').openApi).toBeNull();
  });

  it('give their code without the indentation of its fence', () => {
    expect(seedDocument('yativo').sample('bash').text).toMatch(/^curl -X POST .+\n {2}-H/);
    expect(seedDocument('nebula').sample('bash').text).toMatch(/"This is a test API key",\n\}'$/);
    expect(() => seedDocument('nebula').sample('go')).toThrow('has 0 blocks of go');
    expect(codeBlocks('````a\n```b\n```\n````\n```\nc\n```')).toEqual([
      { language: 'a', text: '```b\n```' },
      { language: '', text: 'c' },
    ]);
    expect(() => codeBlocks('```a')).toThrow('no end');
  });
});
