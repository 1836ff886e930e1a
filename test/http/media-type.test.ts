import { parseMediaType } from '../../lib/http/media-type.js';

describe('parseMediaType', () => {
  it.each([
    ['application/json', 'application/json', true],
    ['Application/JSON', 'application/json', true],
    ['application/json;', 'application/json', true],
    ['application/json ;\t; ', 'application/json', true],
    ['application/json; charset=UTF8', 'application/json', true],
    ['application/json; v=1; charset="utf-8"', 'application/json', true],
    ['application/json; v="a; charset=utf-16, \\" b"', 'application/json', true],
    ['application/json; charset=utf-16', 'application/json', false],
    ['application/json; charset=utf-8; charset=latin1', 'application/json', false],
    ['application/json; CHARSET=latin1; v=1', 'application/json', false],
    ['text/plain; application/json', null, false],
    ['application/json, text/plain', null, false],
    ['application/json; a=1, text/plain', null, false],
    ['application/json; a = 1', null, false],
    ['application/json; =1', null, false],
    ['application/json; a="1', null, false],
    ['application', null, false],
    [' application/json', null, false],
    ['', null, false],
  ])('reads %j', (header, name, isUtf8) => {
    expect(parseMediaType(header)).toEqual(name === null ? null : { name, isUtf8 });
  });

  it('reads a header of any length in a time that grows with it', () => {
    const header = `application/json${' ;'.repeat(100_000)}${' '.repeat(100_000)}x`;
    expect(parseMediaType(header)).toBeNull();
  });
});
