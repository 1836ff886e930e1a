import { createDeltadefiApp, jwtOf } from './deltadefi-app.js';
import { runSample } from './run-sample.js';
import { seedDocument } from './seed-documents.js';
import { serveApp } from './serve-app.js';

jest.setTimeout(180_000);

it('the sample of DeltaDeFi in Go works as it stands', async () => {
  const deltadefi = createDeltadefiApp();
  await deltadefi.apiKeys.ready();
  const { stdout } = await serveApp(deltadefi.app, (url) =>
    runSample(seedDocument('deltadefi').sample('go'), {
      'https://api.deltadefi.io': url,
      '<your_current_api_key>': jwtOf('alice'),
    }),
  );
  const { api_key } = JSON.parse(stdout) as { api_key: string };
  expect(await deltadefi.apiKeys.keys.verify({ key: api_key })).toMatchObject({ allowed: true });
  await deltadefi.apiKeys.close();
});
