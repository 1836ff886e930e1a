import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { createCursorSigner, createResumeSigner } from '../../lib/crypto/cursor-signer.js';
import { parsePeppers } from '../../lib/crypto/peppers.js';
import { maxCursorLength, maxResumeLength } from '../../lib/ports/cursor-signer.js';

const make = (): string => randomBytes(32).toString('base64url');
const [old, next] = [make(), make()];
const signer = createCursorSigner(parsePeppers(old));
const cursor = signer.sign('1700000000000:abc', 'owner-1?state=active');

describe('a cursor', () => {
  it('opens for the list that it was made for', () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 100, unit: 'grapheme' }),
        fc.string({ unit: 'grapheme' }),
        (position, binding) => {
          expect(signer.open(signer.sign(position, binding), binding)).toBe(position);
        },
      ),
    );
  });

  it('R59 opens for no other list', () => {
    for (const binding of ['', 'owner-2?state=active', 'owner-1?state=activ', 'owner-1?state=active ']) {
      expect(signer.open(cursor, binding)).toBeNull();
    }
    // What ends the binding cannot be moved into the position, nor back.
    expect(signer.open(signer.sign('b', 'a'), 'ab')).toBeNull();
    expect(signer.open(signer.sign('', 'ab'), 'a')).toBeNull();
    expect(signer.open(signer.sign(':a', '1'), '11')).toBeNull();
  });

  it('R59 does not open with a single bit changed', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    for (let at = 0; at < cursor.length; at += 1) {
      if (cursor[at] === '.') continue;
      for (let bit = 1; bit < 64; bit *= 2) {
        const changed = alphabet[alphabet.indexOf(cursor[at]!) ^ bit]!;
        const forged = cursor.slice(0, at) + changed + cursor.slice(at + 1);
        expect(signer.open(forged, 'owner-1?state=active')).toBeNull();
      }
    }
  });

  const [payload = '', mac = ''] = cursor.split('.');
  it.each([
    ['nothing', ''],
    ['no MAC', payload],
    ['an empty MAC', `${payload}.`],
    ['half a MAC', `${payload}.${mac.slice(0, 11)}`],
    ['a longer MAC', `${cursor}A`],
    ['padding', `${payload}=.${mac}`],
    ['the other base64 alphabet', `${payload}.${mac.replace(/^./, '+')}`],
    ['characters that decoders skip', `${payload}!!.${mac}`],
    ['a line end', `${cursor}\n`],
    ['a space', ` ${cursor}`],
    ['another part', `${cursor}.${mac}`],
    ['a plain position', '1700000000000:abc'],
    ['a very long one', `${'A'.repeat(1_000_000)}.${mac}`],
  ])('does not open with %s', (_, forged) => {
    expect(signer.open(forged, 'owner-1?state=active')).toBeNull();
  });

  it('opens while its pepper is known', () => {
    const rolledOut = createCursorSigner(parsePeppers([old, next]));
    const current = createCursorSigner(parsePeppers([next, old]));
    const alone = createCursorSigner(parsePeppers(next));
    expect(current.open(cursor, 'owner-1?state=active')).toBe('1700000000000:abc');
    expect(rolledOut.open(current.sign('p', 'b'), 'b')).toBe('p');
    expect(alone.open(current.sign('p', 'b'), 'b')).toBe('p');
    expect(alone.open(cursor, 'owner-1?state=active')).toBeNull();
  });

  it('is never longer than what is accepted', () => {
    expect(() => signer.sign('x'.repeat(maxCursorLength), '')).toThrow(RangeError);
    const longest = signer.sign('x'.repeat(700), '');
    expect(longest.length).toBeLessThanOrEqual(maxCursorLength);
    expect(signer.open(longest, '')).toHaveLength(700);
  });

  it('lets a resume be longer, and opens it as nothing else', () => {
    const resumes = createResumeSigner(parsePeppers(old));
    const position = 'x'.repeat(40_000);
    const resume = resumes.sign(position, 'audit.verify');
    expect(resume.length).toBeLessThanOrEqual(maxResumeLength);
    expect(resumes.open(resume, 'audit.verify')).toBe(position);
    expect(resumes.open(resume, 'another')).toBeNull();
    expect(signer.open(resume, 'audit.verify')).toBeNull();
    expect(() => resumes.sign('x'.repeat(maxResumeLength), '')).toThrow(RangeError);
  });
});
