import { escapeJson } from '../../lib/http/escape-json.js';

const hostile = 'a\r\nb\u001b[31mred\u009b0m\u007f\u202etxt\u2066\u2028\u200b\ufeff😀é';

describe('JSON for eyes and terminals', () => {
  it('R73 is one line of characters that nothing obeys', () => {
    const text = escapeJson({ [hostile]: [hostile] });
    expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(text).toContain('\\u001b[31mred\\u009b0m\\u007f\\u202etxt\\u2066\\u2028\\u200b\\ufeff😀é');
  });

  it('is the same value', () => {
    expect(JSON.parse(escapeJson({ [hostile]: [hostile] }))).toEqual({ [hostile]: [hostile] });
  });
});
