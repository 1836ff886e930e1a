import { listenForRequests } from './listen-for-requests.js';
import { runSample } from './run-sample.js';
import { seedDocument } from './seed-documents.js';

jest.setTimeout(180_000);

describe('a code sample in Go', () => {
  it('is run as it stands', async () => {
    const answer = { status: 200, body: { api_key: 'a new one' } };
    let stdout = '';
    const seen = await listenForRequests(answer, async (url) => {
      ({ stdout } = await runSample(seedDocument('deltadefi').sample('go'), {
        'https://api.deltadefi.io': url,
        '<your_current_api_key>': 'dk_1',
      }));
    });
    expect(JSON.parse(stdout)).toEqual(answer.body);
    expect(seen).toEqual([expect.objectContaining({ method: 'GET', url: '/accounts/new-api-key' })]);
    expect(seen[0]?.headers['x-api-key']).toBe('dk_1');
  });
});
