import { serializeInnerList, type Dictionary, type InnerList, type Item } from 'structured-headers';
import { readComponent, type CoveredComponent } from './covered-component.js';
import { readFieldValue } from './read-field-value.js';
import { hasDecimal, readDictionary } from './read-dictionary.js';

/** A well-formed signature with our tag, not yet verified. */
export interface FoundSignature {
  readonly components: readonly CoveredComponent[];
  readonly parameters: ReadonlyMap<string, unknown>;
  /** The serialized components and parameters: the last line of the signature base. */
  readonly serialized: string;
  readonly signature: Uint8Array;
}

/** The signature of a request. The `detail` of `refused` and `malformed` says how to fix it. */
export type ReadSignature =
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed' | 'refused'; readonly detail: string }
  | { readonly kind: 'found'; readonly found: FoundSignature };

/** Maximum number of components of a signature. */
const maxComponents = 50;
const none: ReadSignature = { kind: 'none' };

/**
 * Finds the signature with our tag in `Signature-Input` and `Signature` (RFC 9421 section 4). Signatures with other tags are
 * ignored. Two with our tag are ambiguous.
 */
export function readSignature(rawHeaders: readonly string[], tag: string): ReadSignature {
  const inputField = readFieldValue(rawHeaders, 'signature-input');
  if (inputField === null) return none;
  const inputs = readDictionary(inputField);
  if (inputs === null) return createMalformed('Signature-Input');
  const ours = [...inputs].filter(([, [, parameters]]) => parameters.get('tag') === tag);
  const [only] = ours;
  if (only === undefined) return none;
  if (ours.length > 1) return { kind: 'malformed', detail: 'Send one signature with this tag.' };

  const signatureField = readFieldValue(rawHeaders, 'signature');
  const signatures = signatureField === null ? new Map() : readDictionary(signatureField);
  if (signatures === null) return createMalformed('Signature');
  return readTagged(only, signatures, hasDecimal(inputField));
}

function readTagged(
  [label, input]: readonly [string, Item | InnerList],
  signatures: Dictionary,
  hasDecimals: boolean,
): ReadSignature {
  const [items, parameters] = input;
  if (!Array.isArray(items)) return createMalformed('Signature-Input');
  if (items.length > maxComponents) {
    return { kind: 'malformed', detail: `Cover at most ${maxComponents} components.` };
  }
  if (hasDecimals) return createRefused('Its numbers must be whole.');
  const components: CoveredComponent[] = [];
  for (const item of items) {
    const component = readComponent(item);
    if (component === null) return createRefused('It covers a component that is not supported here.');
    components.push(component);
  }
  if (new Set(components.map(({ identifier }) => identifier)).size < components.length) {
    return createRefused('It covers a component twice.');
  }
  const signature = readBytes(signatures.get(label));
  if (signature === null) return createRefused('Signature has no byte sequence with its label.');
  const serialized = trySerialize([items, parameters]);
  if (serialized === null) return createMalformed('Signature-Input');
  return { kind: 'found', found: { components, parameters, serialized, signature } };
}

function trySerialize(input: InnerList): string | null {
  try {
    return serializeInnerList(input);
  } catch {
    // Values of types that no parameter of ours has.
    return null;
  }
}

function readBytes(member: Item | InnerList | undefined): Uint8Array | null {
  const value: unknown = member?.[0];
  // No instanceof: the parser may live in another realm, as under jest.
  const isBuffer = Object.prototype.toString.call(value) === '[object ArrayBuffer]';
  return isBuffer ? new Uint8Array(value as ArrayBuffer) : null;
}

function createMalformed(field: string): ReadSignature {
  return {
    kind: 'malformed',
    detail: `${field} is not a well-formed dictionary that names everything once.`,
  };
}

function createRefused(detail: string): ReadSignature {
  return { kind: 'refused', detail };
}
