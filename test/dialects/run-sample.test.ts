import { listenForRequests } from './listen-for-requests.js';
import { runSample } from './run-sample.js';
import { seedDocument } from './seed-documents.js';

jest.setTimeout(120_000);

const answer = { status: 200, body: { api_key: 'a new one' } };

describe('a code sample of a document', () => {
  it.each(['bash', 'javascript'])('is run as it stands in %s', async (language) => {
    const sample = seedDocument('deltadefi').sample(language);
    let stdout = '';
    const seen = await listenForRequests(answer, async (url) => {
      const replacements = { 'https://api.deltadefi.io': url, '<your_current_api_key>': 'dk_1' };
      ({ stdout } = await runSample(sample, replacements));
    });
    expect(JSON.parse(stdout)).toEqual(answer.body);
    expect(seen).toEqual([
      expect.objectContaining({ method: 'GET', url: '/accounts/new-api-key', body: '' }),
    ]);
    expect(seen[0]?.headers['x-api-key']).toBe('dk_1');
  });

  it('NB1 is sent broken when it is broken', async () => {
    const seen = await listenForRequests(answer, async (url) => {
      const replacements = { '{API_URL}': `${url}/api/v1`, '{TOKEN/KEY}': "ak_$&'" };
      // Quotes are bash's own: what is put in must not end them.
      await expect(runSample(seedDocument('nebula').sample('bash'), replacements)).rejects.toThrow();
      await runSample(seedDocument('nebula').sample('bash'), { ...replacements, '{TOKEN/KEY}': 'ak_$&' });
    });
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({ method: 'POST', url: '/api/v1/api-keys' });
    expect(seen[0]?.headers).toMatchObject({
      authorization: 'Bearer ak_$&',
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(seen[0]?.body).toMatch(/",\n\}$/);
  });

  it('is run over several lines', async () => {
    const seen = await listenForRequests(answer, async (url) => {
      await runSample(seedDocument('yativo').sample('bash'), {
        'https://crypto-api.yativo.com': url,
        YOUR_ACCESS_TOKEN: 'token',
      });
    });
    expect(seen[0]).toMatchObject({ method: 'POST', url: '/api/v1/apikey/generate' });
    expect(JSON.parse(seen[0]?.body ?? '')).toMatchObject({ name: 'Production Backend' });
  });

  it('has what is replaced in it, and ends well', async () => {
    const sample = seedDocument('nebula').sample('bash');
    await expect(runSample(sample, { 'https://elsewhere': 'a' })).rejects.toThrow('the sample has no https');
    await expect(runSample({ language: 'bash', text: 'exit 3' }, {})).rejects.toThrow('bash failed');
    await expect(runSample({ language: 'cobol', text: '' }, {})).rejects.toThrow('cobol');
  });
});
