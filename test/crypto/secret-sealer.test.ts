import { parsePeppers } from '../../lib/crypto/peppers.js';
import { createSecretSealer } from '../../lib/crypto/secret-sealer.js';

const first = 'a first pepper of at least 32 bytes!';
const second = 'a second pepper, as long as the first';
const secret = Buffer.from('what must not be read');

describe('sealed secrets', () => {
  const sealer = createSecretSealer(parsePeppers(first));

  it('open for the purpose that they were sealed for', () => {
    const sealed = sealer.seal(secret, 'signing key a');
    expect(sealer.open(sealed, 'signing key a')).toEqual(secret);
    expect(sealer.open(sealed, 'signing key b')).toBeNull();
    expect(sealed).toMatch(/^[0-9a-f]{16}\.[\w-]+$/);
    expect(Buffer.from(sealed.slice(17), 'base64url').includes(secret)).toBe(false);
  });

  it('look different each time', () => {
    expect(sealer.seal(secret, 'a')).not.toBe(sealer.seal(secret, 'a'));
  });

  it('open while their pepper is known, and not after', () => {
    const sealed = sealer.seal(secret, 'a');
    expect(createSecretSealer(parsePeppers([second, first])).open(sealed, 'a')).toEqual(secret);
    expect(createSecretSealer(parsePeppers(second)).open(sealed, 'a')).toBeNull();
  });

  it('do not open when one byte of them was changed, or there is too little of them', () => {
    const sealed = sealer.seal(secret, 'a');
    const bytes = Buffer.from(sealed.slice(17), 'base64url');
    for (let place = 0; place < bytes.length; place += 1) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(place) ^ 1, place);
      expect(sealer.open(`${sealed.slice(0, 17)}${changed.toString('base64url')}`, 'a')).toBeNull();
    }
    for (const text of ['', '.', sealed.slice(0, 17), sealed.slice(0, 30), 'x', `${sealed.slice(0, 16)}`]) {
      expect(sealer.open(text, 'a')).toBeNull();
    }
  });
});
