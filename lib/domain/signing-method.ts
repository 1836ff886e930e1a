import { InvalidFieldError } from './key-fields.js';

/** A method by which a secret may sign requests. */
export type SigningMethod = 'hmac';

/** Every method by which a secret may sign requests. */
export const signingMethods: readonly SigningMethod[] = ['hmac'];

/** Parses the field `signing`. */
export function parseSigningMethod(value: unknown): SigningMethod {
  if (value === 'hmac') return value;
  throw new InvalidFieldError("must be 'hmac', or omitted");
}
