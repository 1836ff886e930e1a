import { InvalidFieldError, parseLine } from './key-fields.js';

/** Maximum number of tags per key. */
export const maxTags = 20;
/** Maximum length of a tag, in code points. */
export const maxTagLength = 50;

/**
 * Parses tags to find keys by: one line each, no commas; `[]` for none.
 *
 * @throws InvalidFieldError if it is not a list of distinct tags
 */
export function parseTags(value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw new InvalidFieldError('must be a list of tags');
  if (value.length > maxTags) throw new InvalidFieldError(`must contain at most ${maxTags} tags`);
  const tags = Array.from(value, (tag: unknown, index) => {
    try {
      return parseTag(tag);
    } catch (error) {
      const reason = error instanceof InvalidFieldError ? error.message : 'is invalid';
      throw new InvalidFieldError(`entry ${index + 1} ${reason}`);
    }
  });
  if (new Set(tags).size < tags.length) throw new InvalidFieldError('must not contain a tag twice');
  return tags;
}

/**
 * Parses one tag.
 *
 * @throws InvalidFieldError if it is not one line without commas
 */
export function parseTag(value: unknown): string {
  const tag = parseLine(value, maxTagLength);
  if (tag.includes(',')) throw new InvalidFieldError('must not contain commas');
  return tag;
}
