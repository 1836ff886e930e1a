import { InvalidFieldError } from './key-fields.js';

/** How a secret may sign requests. */
export type SigningMethod = 'hmac';

/** Every way in which a secret may sign. */
export const signingMethods: readonly SigningMethod[] = ['hmac'];

/** Reads the field `signing`. */
export function parseSigningMethod(value: unknown): SigningMethod {
  if (value === 'hmac') return value;
  throw new InvalidFieldError("must be 'hmac', or left out");
}
