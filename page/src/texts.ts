import { english, type TextName } from './texts-english.js';
import { german } from './texts-german.js';

/** Returns a text with its places filled in. */
export interface Say {
  (name: TextName, places?: Readonly<Record<string, string | number>>): string;
  /** Whether the texts are in another language than the sentences of the router, which are English. */
  readonly isTranslated: boolean;
}

const builtIn: Readonly<Record<string, Readonly<Record<TextName, string>>>> = { en: english, de: german };

/**
 * Returns the texts of a language; English for languages that are not built in.
 *
 * @param language - BCP 47, such as `de-AT`
 * @param replaced - texts that replace the built-in ones, by their names
 */
export function createSay(language: string, replaced: Readonly<Record<string, string>>): Say {
  const texts = builtIn[language.split('-')[0]?.toLowerCase() ?? ''] ?? english;
  const say = (name: TextName, places: Readonly<Record<string, string | number>> = {}): string => {
    const text = Object.hasOwn(replaced, name) ? (replaced[name] ?? texts[name]) : texts[name];
    return text.replaceAll(/\{(\w+)\}/g, (whole, place: string) =>
      Object.hasOwn(places, place) ? String(places[place]) : whole,
    );
  };
  return Object.assign(say, { isTranslated: texts !== english });
}

/** The languages that are built in. */
export const builtInLanguages: readonly string[] = Object.keys(builtIn);
