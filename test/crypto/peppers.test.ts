import { createHmac, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { InvalidOptionError } from '../../lib/errors.js';
import { deriveKey } from '../../lib/crypto/derived-keys.js';
import { maxPeppers, parsePeppers } from '../../lib/crypto/peppers.js';

const make = (): string => randomBytes(32).toString('base64url');

describe('peppers', () => {
  it('are distinguished by an id that is made from them', () => {
    const pepper = make();
    const [parsed] = parsePeppers(pepper);
    expect(parsed.id).toBe(createHmac('sha256', pepper).update('id').digest('hex').slice(0, 16));
    expect(parsePeppers(make())[0].id).not.toBe(parsed.id);
  });

  it('keep their order, the current one first', () => {
    const texts = [make(), make(), make()];
    expect(parsePeppers(texts).map(({ id }) => id)).toEqual(texts.map((text) => parsePeppers(text)[0].id));
  });

  it('count in bytes', () => {
    expect(parsePeppers('a'.repeat(32))).toHaveLength(1);
    expect(parsePeppers('ä'.repeat(16))).toHaveLength(1);
    expect(() => parsePeppers('a'.repeat(31))).toThrow(InvalidOptionError);
  });

  it.each([
    ['none', []],
    ['an empty one', ''],
    ['a short one behind a good one', [make(), 'CANARY-short']],
    ['the same twice', ['CANARY'.repeat(6), 'CANARY'.repeat(6)]],
    ['something else than texts', [undefined as unknown as string]],
    ['a number', 5 as unknown as string],
    ['too many', Array.from({ length: maxPeppers + 1 }, make)],
  ])('are refused when there is %s, and never repeated', (_, input) => {
    let message = '';
    try {
      parsePeppers(input);
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidOptionError);
      message = String(error);
    }
    expect(message).toContain('pepper must');
    expect(message).not.toContain('CANARY');
  });

  it('are refused with the command that makes one', () => {
    expect(() => parsePeppers('short')).toThrow(/Make one with: node -e ".*randomBytes\(32\)/);
  });

  it('do not show when they are printed', () => {
    const pepper = make();
    const [parsed] = parsePeppers(pepper);
    const derived = deriveKey(parsed, 'cursor');
    for (const value of [parsed, derived]) {
      const printed =
        inspect(value, { depth: null, showHidden: true }) + JSON.stringify(value) + `${value.id}`;
      expect(printed).not.toContain(pepper);
      expect(printed).not.toContain(Buffer.from(pepper).toString('hex'));
      expect(printed).not.toContain(derived.key.export().toString('hex'));
    }
  });

  it('make keys that are theirs and tell nothing of them', () => {
    const [a, b] = parsePeppers([make(), make()]);
    const key = deriveKey(a, 'cursor');
    expect(key.key.symmetricKeySize).toBe(32);
    expect(deriveKey(a, 'cursor').id).toBe(key.id);
    expect(new Set([key.id, deriveKey(b!, 'cursor').id, a.id, b!.id]).size).toBe(4);
  });
});
