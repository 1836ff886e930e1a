import { CommandError } from './command-error.js';

/**
 * Decodes UTF-8, without the byte order mark.
 *
 * @throws CommandError for any other encoding: letters that nobody can read would end in names and ids
 */
export async function* decodeText(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decode = (chunk?: Uint8Array): string => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      throw new CommandError('The source is not in UTF-8: convert it first, for example with iconv.');
    }
  };
  for await (const chunk of chunks) yield decode(chunk);
  yield decode();
}
