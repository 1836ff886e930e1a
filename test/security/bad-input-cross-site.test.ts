import type { Expectation } from './bad-input-manifest.js';
import { runBadInputs, type Cases, type Probe } from './run-bad-inputs.js';
import type { RawAnswer } from './raw-http.js';
import { theApp } from '../harness/the-app.js';

const json = 'Content-Type: application/json';
const cookie = 'Cookie: session=alice';

/** Alice is signed in and her browser sends this to every endpoint that changes something. */
async function everywhere(
  { send, server }: Probe,
  lines: readonly string[],
  { body = '{"name":"a key","scopes":[]}', ...expected }: Partial<Expectation> & { body?: string } = {},
): Promise<RawAnswer[]> {
  const [key] = (await server.apiKeys.keys.as(theApp).list({ ownerId: 'alice', limit: 1 })).items;
  const path = `/api-keys/keys/${key?.id}`;
  const requests = [
    { method: 'POST', target: '/api-keys/keys' },
    { method: 'PATCH', target: path },
    { method: 'DELETE', target: path },
    { method: 'POST', target: `${path}/revoke` },
    { method: 'POST', target: `${path}/rotate` },
    { method: 'POST', target: '/api-keys/self/revoke' },
  ];
  const answers: RawAnswer[] = [];
  for (const request of requests) {
    answers.push(await send({ ...request, lines: [server.asAlice, ...lines], body }, expected));
  }
  return answers;
}

const cases: Record<string, Cases> = {
  C1: async (probe) => {
    const form = 'Content-Type: application/x-www-form-urlencoded';
    const body = 'name=a&scopes=orders:read';
    await everywhere(probe, [form], { body, status: [415], code: 'unsupported_media_type' });
    await everywhere(probe, [form, cookie, 'Origin: https://evil.example', 'Sec-Fetch-Site: cross-site'], {
      body,
      status: [403],
      code: 'cross_site_request',
    });
    await everywhere(probe, [form, cookie], { body: '', status: [403], code: 'cross_site_request' });
    await everywhere(probe, ['Content-Type: multipart/form-data; boundary=x'], {
      body: '',
      status: [415],
      code: 'unsupported_media_type',
    });
  },
  C2: async (probe) => {
    await everywhere(probe, ['Content-Type: text/plain']);
    await everywhere(probe, ['Content-Type: text/plain', 'Sec-Fetch-Site: same-origin', cookie]);
    await everywhere(probe, ['Content-Type: text/plain; application/json']);
  },
  C3: async (probe) => {
    await everywhere(probe, [
      'Content-Type: text/plain',
      'Sec-Fetch-Mode: no-cors',
      'Sec-Fetch-Site: cross-site',
      'Sec-Fetch-Dest: empty',
      'Origin: https://evil.example',
      cookie,
    ]);
  },
  C4: async (probe) => {
    for (const site of ['cross-site', 'same-site', 'Same-Origin', '', 'same-origin, none', '"same-origin"']) {
      await everywhere(probe, [json, `Sec-Fetch-Site: ${site}`]);
      await everywhere(probe, [json, `Sec-Fetch-Site: ${site}`, 'Origin: http://api.example', cookie]);
    }
  },
  C5: async (probe) => {
    await everywhere(probe, [json, cookie]);
    await everywhere(probe, [json, cookie, 'Referer: http://api.example/console']);
    await everywhere(probe, [json, cookie, 'X-Requested-With: XMLHttpRequest']);
  },
  C6: async (probe) => {
    await everywhere(probe, [json, 'Origin: null']);
    await everywhere(probe, [json, 'Origin: null', cookie]);
    await everywhere(probe, [json, 'Origin:', cookie]);
  },
  C7: async (probe) => {
    const origins = [
      'https://good.example.evil',
      'https://evil-good.example',
      'https://evilgood.example',
      'https://good.example@evil.example',
      'https://good.example:444',
      'https://good.example/',
      'https://good.example/x',
      'https://good.example%60.evil.example',
      'https://good.example_.evil.example',
      'http://good.example',
      'HTTPS://GOOD.EXAMPLE',
      'good.example',
      'http://api.example.evil',
      'http://evil.api.example',
      'http://api.example:81',
      'https://api.example',
      'file://api.example',
      'https://good.example, https://evil.example',
      'https://good.example https://evil.example',
    ];
    for (const origin of origins) await everywhere(probe, [json, `Origin: ${origin}`, cookie]);
    await everywhere(probe, [json, 'Origin: https://evil.example', 'Origin: https://good.example']);
  },
  C8: async ({ send }) => {
    for (const target of ['/api-keys/keys', '/api-keys/keys/0000000000000000', '/api-keys/self/revoke']) {
      for (const origin of ['https://evil.example', 'https://good.example', 'null']) {
        const lines = [
          `Origin: ${origin}`,
          'Access-Control-Request-Method: POST',
          'Access-Control-Request-Headers: content-type,x-api-key',
          cookie,
        ];
        const answer = await send({ method: 'OPTIONS', target, lines });
        expect(answer.text.toLowerCase()).not.toContain('access-control-');
      }
    }
  },
  C9: async (probe) => {
    for (const name of ['X-CSRF-Token', 'X-XSRF-TOKEN', 'CSRF-Token']) {
      await everywhere(probe, [json, cookie, `${name}: 0123456789abcdef`]);
      await everywhere(probe, [json, cookie, `${name}: 0123456789abcdef`, 'Origin: https://evil.example']);
      await everywhere(probe, [json, `${cookie}; XSRF-TOKEN=0123456789abcdef`, `${name}: 0123456789abcdef`]);
    }
  },
  C10: async ({ send, server }) => {
    const upgrade = [
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Origin: https://evil.example',
      cookie,
    ];
    for (const target of ['/api-keys/console', '/api-keys/console/events', '/api-keys/']) {
      const answer = await send({ target, lines: [server.asAlice, ...upgrade] });
      expect(answer.headers.upgrade).toBeUndefined();
    }
  },
};

describe('bad cross-site requests', () => {
  runBadInputs('C', cases);
});
