import {
  allowAbsent,
  withDefault,
  takeFlag,
  takeFunction,
  takeListOf,
  takeOneOf,
  takeText,
  takeWholeNumber,
} from '../../lib/options/option-readers.js';
import { readOptions } from '../../lib/options/read-options.js';

const readers = {
  name: takeText("a word, for example 'acme'", /^\w+$/),
  size: withDefault(takeWholeNumber(1, 5_000, 'of bytes'), 10),
  mode: withDefault(takeOneOf('strict', 'loose'), 'strict'),
  parts: allowAbsent(takeListOf(['one', 'two'])),
  verify: allowAbsent(takeFunction<() => void>('a function')),
  isOn: withDefault(takeFlag, false),
};
const read = (input: unknown) => readOptions('hooks', input, readers, { example: "{ name: 'acme' }" });

describe('readOptions', () => {
  it('reads what is given and fills in what is left out', () => {
    expect(read({ name: 'acme' })).toEqual({
      name: 'acme',
      size: 10,
      mode: 'strict',
      parts: undefined,
      verify: undefined,
      isOn: false,
    });
    expect(read({ name: 'acme', size: 5_000, mode: 'loose', parts: ['two'], isOn: true })).toMatchObject({
      size: 5_000,
      mode: 'loose',
      parts: ['two'],
      isOn: true,
    });
  });

  it('takes undefined for what is left out', () => {
    expect(read({ name: 'acme', size: undefined }).size).toBe(10);
  });

  it.each<[unknown, string]>([
    [
      undefined,
      "hooks: takes an object with name, size, mode, parts, verify, isOn, for example { name: 'acme' }",
    ],
    [null, 'hooks: takes an object'],
    [[], 'hooks: takes an object'],
    ['acme', 'hooks: takes an object'],
    [{ name: 'acme', sice: 1 }, 'hooks: unknown option "sice"; did you mean \'size\'?'],
    [{ name: 'acme', color: 1 }, 'hooks: unknown option "color"; known are name, size'],
    [JSON.parse('{ "name": "acme", "__proto__": 1 }'), 'hooks: unknown option "__proto__"'],
    [{ name: 'acme', constructor: 1 }, 'hooks: unknown option "constructor"'],
    [{}, "hooks.name: takes a word, for example 'acme'"],
    [{ name: ['acme'] }, 'hooks.name: takes a word'],
    [{ name: 'acme', size: '10' }, 'hooks.size: takes a whole number of bytes from 1 to 5,000'],
    [{ name: 'acme', size: 0 }, 'hooks.size: takes'],
    [{ name: 'acme', size: 1.5 }, 'hooks.size: takes'],
    [{ name: 'acme', size: NaN }, 'hooks.size: takes'],
    [{ name: 'acme', size: null }, 'hooks.size: takes'],
    [{ name: 'acme', mode: 'Strict' }, "hooks.mode: takes 'strict' or 'loose'"],
    [{ name: 'acme', parts: [] }, 'hooks.parts: takes a list of at least one of one, two'],
    [{ name: 'acme', parts: ['one', 'three'] }, 'hooks.parts: takes'],
    [{ name: 'acme', verify: {} }, 'hooks.verify: takes a function'],
    [{ name: 'acme', isOn: 'true' }, 'hooks.isOn: takes true or false'],
  ])('refuses %j', (input, message) => {
    expect(() => read(input)).toThrow(message);
    expect(() => read(input)).toThrow(expect.objectContaining({ code: 'ERR_API_KEYS_INVALID_OPTION' }));
  });
});
