import { isPublicAddress } from '../../lib/webhooks/is-public-address.js';

describe('public addresses', () => {
  it.each([
    '8.8.8.8',
    '1.1.1.1',
    '192.88.98.1',
    '2606:4700:4700::1111',
    '2a00:1450:4001:81b::200e',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
  ])('include %s', (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    // IPv4: this network, private, carrier-grade NAT, loopback, link-local with the metadata of clouds, reserved, multicast.
    ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '100.100.100.200', '127.0.0.1', '127.255.255.254'],
    ...[
      '169.254.169.254',
      '169.254.170.2',
      '172.16.0.1',
      '172.31.255.255',
      '192.0.0.1',
      '192.0.2.1',
      '192.168.1.1',
    ],
    ...['198.18.0.1', '198.51.100.1', '203.0.113.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
    // IPv6: unspecified, loopback, unique local with the metadata of clouds, link-local, site-local, multicast, documentation, tunnels.
    ...[
      '::',
      '::1',
      'fc00::1',
      'fd00:ec2::254',
      'fe80::1',
      'fe80::1%eth0',
      'fec0::1',
      'ff02::1',
      '2001:db8::1',
    ],
    ...['2002:7f00:1::', '2001::1', '100::1', '5f00::1', '4000::1', '3fff::1'],
    // IPv4 in IPv6: mapped, translated, compatible.
    ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:169.254.169.254', '::ffff:10.0.0.1', '64:ff9b::7f00:1'],
    ...[
      '64:ff9b::a9fe:a9fe',
      '64:ff9b:1::7f00:1',
      '64:ff9b:1::808:808',
      '64:ff9b:1:a00:0:100::',
      '::127.0.0.1',
      '::7f00:1',
    ],
    // No addresses, or not in the one form that names none but itself.
    ...[
      '',
      'localhost',
      '127.1',
      '0x7f000001',
      '2130706433',
      '0177.0.0.1',
      '8.8.8',
      '8.8.8.8.',
      '[::1]',
      ' 8.8.8.8',
    ],
  ])('exclude %s', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});
