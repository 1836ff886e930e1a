import { createTotpSecret, createTotpVerifier, totpUri } from 'express-api-keys/totp';
import { InvalidOptionError, type Actor } from '../../lib/index.js';
import { codeAt } from './code-at.js';

const alice: Actor = { kind: 'owner', ownerId: 'alice' };
const secret = createTotpSecret(Buffer.from('12345678901234567890'));
const now = Date.UTC(2026, 10, 21, 12, 0, 10);
const attempt = { actor: alice, operation: 'rotate', keyId: 'k', now: new Date(now) } as const;
const verify = createTotpVerifier({ secretFor: (actor) => (actor === alice ? secret : null) });

describe('createTotpVerifier', () => {
  // RFC 6238 appendix B, cut to six digits.
  it.each([
    [59, '287082'],
    [1111111109, '081804'],
    [1111111111, '050471'],
    [1234567890, '005924'],
    [2000000000, '279037'],
    [20000000000, '353130'],
  ])('knows the code of the RFC at %i', async (seconds, code) => {
    expect(codeAt(secret, seconds * 1000)).toBe(code);
    const counter = Math.floor(seconds / 30);
    expect(await verify({ ...attempt, code, now: new Date(seconds * 1000) })).toEqual({
      result: 'valid',
      codeId: `totp:${counter}`,
      validFrom: new Date((counter - 1) * 30_000),
      expiresAt: new Date((counter + 2) * 30_000),
    });
  });

  it.each([0, 1, 5])(
    'says since when and until when a code is valid, with a window of %i',
    async (window) => {
      const withWindow = createTotpVerifier({ secretFor: () => secret, window });
      const code = codeAt(secret, now);
      const result = await withWindow({ ...attempt, code });
      if (result.result !== 'valid') throw new Error(`it is ${result.result}`);
      const from = result.validFrom?.getTime() ?? NaN;
      const until = result.expiresAt?.getTime() ?? NaN;
      expect(until - from).toBe((2 * window + 1) * 30_000);
      const verifyAt = async (at: number) =>
        (await withWindow({ ...attempt, code, now: new Date(at) })).result;
      expect([await verifyAt(from), await verifyAt(until - 1)]).toEqual(['valid', 'valid']);
      expect([await verifyAt(from - 1), await verifyAt(until)]).not.toContain('valid');
    },
  );

  it.each([
    [0, 'valid'],
    [-1, 'valid'],
    [1, 'valid'],
    [-2, 'expired'],
    [-11, 'expired'],
    [-12, 'invalid'],
    [2, 'invalid'],
    [11, 'invalid'],
  ])('finds the code of %i periods from now %s', async (periods, result) => {
    const code = codeAt(secret, now + periods * 30_000);
    expect(await verify({ ...attempt, code })).toMatchObject({ result });
  });

  it('takes a code with the gap that apps show, and no other', async () => {
    const code = codeAt(secret, now);
    const withGap = `${code.slice(0, 3)} ${code.slice(3)}`;
    expect(await verify({ ...attempt, code: withGap })).toMatchObject({ result: 'valid' });
    for (const wrong of ['', code.slice(1), `${code}0`, `-${code}`, 'abcdef', '٠١٢٣٤٥', '1e5000']) {
      expect(await verify({ ...attempt, code: wrong })).toEqual({ result: 'invalid' });
    }
  });

  it('says when an actor has no secret', async () => {
    expect(await verify({ ...attempt, actor: { kind: 'admin', id: 'x' }, code: '000000' })).toEqual({
      result: 'not_enrolled',
    });
  });

  it.each([null, undefined, ''])('takes %j for no secret, whatever the code', async (none) => {
    const verifyNone = createTotpVerifier({ secretFor: () => none });
    for (const code of ['000000', codeAt('', now)]) {
      expect(await verifyNone({ ...attempt, code })).toEqual({ result: 'not_enrolled' });
    }
  });

  it.each([
    ['A', 'at least 16 bytes'],
    ['MFRGG', 'at least 16 bytes'],
    [secret.slice(0, 24), 'at least 16 bytes'],
    ['======', 'at least 16 bytes'],
    [`${secret.slice(0, 31)}!`, 'base32'],
    [7, 'base32'],
    [{}, 'base32'],
  ])('rejects the secret %j, and does not repeat it', async (weak, reason) => {
    const verifyWeak = createTotpVerifier({ secretFor: () => weak as string });
    for (const code of ['123456', 'no code']) {
      const answer = Promise.resolve(verifyWeak({ ...attempt, code }));
      const error = await answer.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(Error);
      expect(String(error)).toContain(reason);
      expect(String(error)).not.toContain(secret.slice(0, 24));
    }
  });

  it('has secrets of 160 bits, and the text that apps read', () => {
    expect(createTotpSecret()).toMatch(/^[A-Z2-7]{32}$/);
    expect(createTotpSecret()).not.toBe(createTotpSecret());
    expect(secret).toBe('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ');
    const uri = new URL(totpUri({ secret, issuer: 'Acme Co', account: 'alice@example.com' }));
    expect(uri.protocol + uri.host).toBe('otpauth:totp');
    expect(decodeURIComponent(uri.pathname)).toBe('/Acme Co:alice@example.com');
    expect(Object.fromEntries(uri.searchParams)).toEqual({
      issuer: 'Acme Co',
      secret,
      algorithm: 'SHA1',
      digits: '6',
      period: '30',
    });
  });

  it('refuses options that make no sense', () => {
    for (const options of [{}, { secretFor: secret }, { secretFor: () => null, window: 6 }]) {
      expect(() => createTotpVerifier(options as never)).toThrow(InvalidOptionError);
    }
    expect(() => createTotpSecret(Buffer.alloc(15))).toThrow('at least 16 bytes');
  });
});
