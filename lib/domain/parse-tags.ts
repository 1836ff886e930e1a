import { InvalidFieldError, parseLine } from './key-fields.js';

/** Most tags that one key can have. */
export const maxTags = 20;
/** Longest tag, in code points. */
export const maxTagLength = 50;

/**
 * Words to find keys by: one line each, no commas; `[]` for none.
 *
 * @throws InvalidFieldError when it is no list of different tags
 */
export function parseTags(value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw new InvalidFieldError('must be a list of tags');
  if (value.length > maxTags) throw new InvalidFieldError(`must hold at most ${maxTags} tags`);
  const tags = Array.from(value, (tag: unknown, index) => {
    try {
      return parseTag(tag);
    } catch (error) {
      const reason = error instanceof InvalidFieldError ? error.message : 'is wrong';
      throw new InvalidFieldError(`entry ${index + 1} ${reason}`);
    }
  });
  if (new Set(tags).size < tags.length) throw new InvalidFieldError('must not hold a tag twice');
  return tags;
}

/**
 * One tag.
 *
 * @throws InvalidFieldError when it is not one line without commas
 */
export function parseTag(value: unknown): string {
  const tag = parseLine(value, maxTagLength);
  if (tag.includes(',')) throw new InvalidFieldError('must not hold commas');
  return tag;
}
