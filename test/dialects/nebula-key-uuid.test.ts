import { base64urlAlphabet } from '../../lib/domain/charset.js';
import { parseKeyUuid, toKeyUuid } from '../../lib/dialects/nebula/key-uuid.js';
import { createRandomSource } from '../../lib/crypto/random-source.js';

describe('the UUID of a key', () => {
  it('NB2 is a version 4, and leads back to the key', () => {
    const random = createRandomSource();
    const ids = Array.from({ length: 500 }, () => random.draw({ alphabet: base64urlAlphabet, length: 10 }));
    for (const id of [...ids, '0000000000', '__________']) {
      const uuid = toKeyUuid(id);
      expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      expect([parseKeyUuid(uuid), parseKeyUuid(uuid.toUpperCase())]).toEqual([id, id]);
    }
    expect(new Set(ids.map(toKeyUuid)).size).toBe(new Set(ids).size);
  });

  it('stays what it is, because clients keep it', () => {
    expect(toKeyUuid('0123456789')).toBe('00108310-5187-4209-b1eb-64b77b1848d5');
  });

  it('is no other UUID', () => {
    const uuid = toKeyUuid('Ab3_-xyZ09');
    for (const place of [0, 9, 15, 20, 35]) {
      const digit = ((parseInt(uuid.charAt(place), 16) ^ 1) & 15).toString(16);
      expect(parseKeyUuid(uuid.slice(0, place) + digit + uuid.slice(place + 1))).toBeNull();
    }
    for (const text of ['', 'Ab3_-xyZ09', '9a4d7961-3274-4479-a20b-10f57f9bc75a', `${uuid}0`, ` ${uuid}`]) {
      expect(parseKeyUuid(text)).toBeNull();
    }
  });
});
