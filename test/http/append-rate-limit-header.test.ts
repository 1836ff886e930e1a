import { ServerResponse, IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { appendRateLimitHeader } from '../../lib/http/append-rate-limit-header.js';

function append(before: string | string[] | undefined, value: string): unknown {
  const res = new ServerResponse(new IncomingMessage(new Socket()));
  if (before !== undefined) res.setHeader('RateLimit', before);
  appendRateLimitHeader(res, 'RateLimit', value);
  return res.getHeader('RateLimit');
}

describe('appendRateLimitHeader', () => {
  const ours = '"minute";r=4;t=60';

  it.each([
    [undefined, ours],
    ['"100-in-15min"; r=99; t=900', `"100-in-15min"; r=99; t=900, ${ours}`],
    ['"a, b";r=1, "c\\"d";r=2', `"a, b";r=1, "c\\"d";r=2, ${ours}`],
    [['"a";r=1', '"b";r=2'], `"a";r=1, "b";r=2, ${ours}`],
    ['"minute";r=5;t=60, "day";r=9;t=800', `"day";r=9;t=800, ${ours}`],
    ['limit=100, remaining=99, reset=900', ours],
    ['', ours],
  ])('behind %j', (before, expected) => {
    expect(append(before, ours)).toBe(expected);
  });
});
