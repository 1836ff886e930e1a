import { runBadInputs, type Cases } from './run-bad-inputs.js';

/** Sends the address-bound key through one trusted proxy that forwarded each of some addresses. */
const forwarded =
  (...addresses: readonly string[]): Cases =>
  async ({ send, server }) => {
    for (const address of addresses) {
      const lines = [`X-Api-Key: ${server.boundToken}`, `X-Forwarded-For: ${address}`];
      await send({ target: '/orders', lines }, { setup: 'behind one proxy' });
    }
  };

const cases: Record<string, Cases> = {
  A1: async ({ send, server }) => {
    const lines = [`X-Api-Key: ${server.boundToken}`, 'X-Forwarded-For: 10.1.2.3'];
    await send({ target: '/orders', lines });
    // An app that trusts every forwarded address trusts none here.
    await send({ target: '/orders', lines }, { setup: 'trusting everybody' });
  },
  A2: forwarded('10.1.2.3, 203.0.113.9', '10.1.2.3,10.1.2.3, 203.0.113.9'),
  A3: forwarded('::ffff:10.1.2.3', '::ffff:a01:203'),
  A4: forwarded('::FFFF:0A01:0203', '0:0:0:0:0:FFFF:10.1.2.3'),
  A5: forwarded('::10.1.2.3', '::a01:203'),
  A6: forwarded('64:ff9b::10.1.2.3', '64:ff9b::a01:203'),
  A7: forwarded('010.1.2.3', '10.01.2.3', '10.1.2.003', '012.1.2.3'),
  A8: forwarded('0x0a.1.2.3', '0x0a010203', '167838211', '10.1.515', '10.66051'),
  A9: forwarded('10.1.2.3:80', '[::ffff:10.1.2.3]', '[::ffff:10.1.2.3]:80'),
  A10: forwarded('fe80::1%eth0', '::ffff:10.1.2.3%1', '10.1.2.3%eth0'),
  A11: forwarded(
    'unknown',
    '_hidden',
    '',
    ',',
    ' , ',
    'localhost',
    'null',
    '10.1.2.3 x',
    '*',
    '"10.1.2.3"',
    '"[::1]:3"',
    '10.1.2.3:',
    '[10.1.2.3',
  ),
  A12: async ({ send, server }) => {
    const key = `X-Api-Key: ${server.boundToken}`;
    const through = (lines: string[], status: number) =>
      send({ target: '/orders', lines: [key, ...lines] }, { setup: 'behind one proxy', status: [status] });
    await through(['Forwarded: for=203.0.113.9', 'X-Forwarded-For: 10.1.2.3'], 200);
    await through(['Forwarded: for=10.1.2.3', 'X-Forwarded-For: 203.0.113.9'], 403);
    await through(['Forwarded: for=10.1.2.3'], 403);
  },
  A13: async ({ send, server }) => {
    for (const name of [
      'X-Real-IP',
      'CF-Connecting-IP',
      'True-Client-IP',
      'X-Client-IP',
      'X-Cluster-Client-IP',
    ]) {
      const lines = [`X-Api-Key: ${server.boundToken}`, `${name}: 10.1.2.3`];
      await send({ target: '/orders', lines });
      await send({ target: '/orders', lines }, { setup: 'behind one proxy' });
    }
  },
  A14: async ({ send, server }) => {
    const entries = ['0.0.0.0/0', '10.0.0.1/33', '10.0.0.0/08', '::/0', '10.0.0.1/8', '2001:db8::1/32'];
    const more = [
      '10.0.0.0/',
      '10.0.0.0/-1',
      '10.0.0.0/8/8',
      '10.0.0.0/255.0.0.0',
      '010.0.0.0/8',
      'fe80::1%eth0',
    ];
    for (const entry of [...entries, ...more, '::ffff:0.0.0.0/96', '', '*', 'localhost', '10.0.0']) {
      const body = JSON.stringify({ name: 'a key', scopes: [], ipAllowlist: [entry] });
      const lines = [server.asAlice, 'Content-Type: application/json'];
      await send({ method: 'POST', target: '/api-keys/keys', lines, body });
    }
  },
};

describe('bad addresses', () => {
  runBadInputs('A', cases);
});
