import { readRequestId } from '../../lib/http/read-request-id.js';

describe('the id of a request', () => {
  it.each([
    '5f2c9a1e',
    '3f0b2f0e-6a43-4d3c-9d7c-6a2b7e9a1c11',
    'req_3f0b2f0e-6a43-4d3c-9d7c-6a2b7e9a1c11',
    'req_abc.1:2-3',
    'checkout-service-prod-2026-11-28-42',
    'x'.repeat(40),
    `${'x'.repeat(30)}-`.repeat(4),
  ])('is taken: %s', (id) => {
    expect(readRequestId({ headers: { 'x-request-id': id } })).toBe(id);
  });

  it.each([
    ['none', undefined],
    ['an empty one', ''],
    ['two', 'a, b'],
    ['one with a line break', 'a\r\nb'],
    ['one with a colour', '\u001b[31m'],
    ['one that is too long', `${'x'.repeat(30)}-`.repeat(5)],
    ['a trace id, which nothing tells from a secret', '4bf92f3577b34da6a3ce929d0e0e4736'],
    ['a ULID', '01ARZ3NDEKTSV4RRFFQ69G5FAV'],
    ['a secret behind a UUID', `3f0b2f0e-6a43-4d3c-9d7c-6a2b7e9a1c11.${'0aB'.repeat(7)}`],
    ['a key', `acme_live_${'0123456789abcdef'.repeat(4)}0`],
    ['an other letter', 'é'],
  ])('is not taken: %s', (_name, id) => {
    expect(readRequestId({ headers: { 'x-request-id': id } })).toBe(null);
  });
});
