import { accessTokenOf, createNebulaApp } from './nebula-app.js';
import { runSample } from './run-sample.js';
import { seedDocument } from './seed-documents.js';
import { serveApp } from './serve-app.js';

jest.setTimeout(120_000);

interface Answer {
  readonly data: Readonly<Record<string, string>>;
  readonly message: string;
  readonly status: string;
}

describe('the document of Nebula Block', () => {
  const seed = seedDocument('nebula');
  const [documented] = seed.exampleAnswers as [Answer];

  it('NB1, NB10 has a sample that works as it stands, broken as it is, with a token and with a key', async () => {
    const nebula = createNebulaApp();
    await nebula.apiKeys.ready();
    await serveApp(nebula.app, async (url) => {
      let credential = accessTokenOf('alice');
      for (let run = 1; run <= 2; run += 1) {
        const replacements = { '{API_URL}': `${url}/api/v1`, '{TOKEN/KEY}': credential };
        const { stdout } = await runSample(seed.sample('bash'), replacements);
        const answer = JSON.parse(stdout) as Answer;
        const { id, key, ...described } = documented.data;
        expect(answer).toEqual({
          ...documented,
          data: { id: expect.any(String) as string, key: expect.any(String) as string, ...described },
        });
        expect(Object.keys(answer.data)).toEqual(Object.keys(documented.data));
        const shape = (text = '') => text.replace(/[0-9a-f]/g, 'x');
        expect(shape(answer.data['id'])).toBe(shape(id));
        expect(answer.data['key']).toHaveLength(key?.length ?? 0);
        credential = answer.data['key'] ?? '';
        expect(await nebula.apiKeys.keys.verify({ key: credential })).toMatchObject({ allowed: true });
      }
    });
    await nebula.apiKeys.close();
  });

  it('presents a key that is none here, and is refused', async () => {
    const nebula = createNebulaApp();
    await nebula.apiKeys.ready();
    const { stdout } = await serveApp(nebula.app, (url) =>
      runSample(seed.sample('bash'), {
        '{API_URL}': `${url}/api/v1`,
        '{TOKEN/KEY}': documented.data['key'] ?? '',
      }),
    );
    expect(JSON.parse(stdout)).toMatchObject({ data: {}, status: 'failed' });
    await nebula.apiKeys.close();
  });
});
