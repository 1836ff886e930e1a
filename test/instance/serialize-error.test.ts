import { serializeError } from '../../lib/instance/serialize-error.js';

describe('serializeError', () => {
  it('keeps what an operator needs', () => {
    const cause = Object.assign(new RangeError('the pool is empty'), { code: 'ECONNREFUSED' });
    const trouble = serializeError(new Error('cannot read the session', { cause }));
    expect(trouble).toMatchObject({
      name: 'Error',
      message: 'cannot read the session',
      cause: { name: 'RangeError', code: 'ECONNREFUSED', message: 'the pool is empty' },
    });
    expect(trouble.at?.[0]).toMatch(/^at .*serialize-error\.test\.ts/);
  });

  it.each([
    'acme_live_0123456789abcdefABCDEF0123456789',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSIsImlhdCI6MX0.c2lnbmF0dXJlLW9mLXRoZS10b2tlbjE',
    '$2b$10$abcdefghijklmnopqrstuv0123456789ABCDEFGHIJKLMNOPQRSTU',
  ])('leaves %s out of messages and stacks', (secret) => {
    const error = new Error(`jwt malformed: ${secret}`, { cause: new Error(secret) });
    const text = JSON.stringify(serializeError(error));
    for (const part of secret.split('.')) expect(text).not.toContain(part);
  });

  it('does not look at other properties of an error', () => {
    const error = Object.assign(new Error('x'), {
      headers: { authorization: 'Bearer t0ken' },
      body: 't0ken',
    });
    expect(JSON.stringify(serializeError(error))).not.toContain('t0ken');
  });

  it('P21: says what was thrown that is no Error', () => {
    const what = 'A non-Error value was thrown';
    expect(serializeError('out of threads')).toEqual({
      name: 'string',
      message: `${what}: out of threads`,
    });
    expect(serializeError({ code: 'EPIPE', message: 'gone', token: 't0ken' })).toEqual({
      name: 'object',
      message: `${what}: EPIPE: gone`,
    });
    expect(serializeError(null).message).toBe(`${what}: null`);
    expect(serializeError(`acme_live_${'0aB'.repeat(20)}`).message).toBe(`${what}: [redacted]`);
  });

  it('P16: takes no line of a message for a place in the code', () => {
    const secret = 'aB3'.repeat(14);
    const trouble = serializeError(new Error(`cannot read\n    at ${secret}`));
    expect(JSON.stringify(trouble)).not.toContain(secret);
    expect(trouble.at?.[0]).toMatch(/serialize-error\.test/);
  });

  it('ends with causes that go round in circles', () => {
    const error = new Error('x');
    error.cause = error;
    expect(JSON.stringify(serializeError(error)).length).toBeLessThan(20_000);
  });
});
