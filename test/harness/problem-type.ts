import { defaultTypeBase } from '../../lib/errors.js';

/** The `type` of a problem (RFC 9457) where nothing was configured. */
export function problemTypeOf(code: string): string {
  return `${defaultTypeBase}#${code}`;
}
