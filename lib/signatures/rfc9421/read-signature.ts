import { serializeInnerList, type Dictionary, type InnerList, type Item } from 'structured-headers';
import { readComponent, type CoveredComponent } from './covered-component.js';
import { readFieldValue } from './read-field-value.js';
import { hasDecimal, readDictionary } from './read-dictionary.js';

/** A signature with our tag, well formed and not checked. */
export interface FoundSignature {
  readonly components: readonly CoveredComponent[];
  readonly parameters: ReadonlyMap<string, unknown>;
  /** The components and parameters, serialised: the last line of the signature base. */
  readonly serialized: string;
  readonly signature: Uint8Array;
}

/** What a request has of signatures. `refused` and `malformed` say what to mend. */
export type ReadSignature =
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed' | 'refused'; readonly detail: string }
  | { readonly kind: 'found'; readonly found: FoundSignature };

/** Most components of a signature. */
const maxComponents = 50;
const none: ReadSignature = { kind: 'none' };

/**
 * Finds the signature with our tag in `Signature-Input` and `Signature` (RFC 9421 section 4). Others are not ours to
 * judge. Of two with our tag nobody can say whose request it is.
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
    if (component === null) return createRefused('It covers a component that is not offered here.');
    components.push(component);
  }
  if (new Set(components.map(({ identifier }) => identifier)).size < components.length) {
    return createRefused('It covers a component twice.');
  }
  const signature = readBytes(signatures.get(label));
  if (signature === null) return createRefused('Signature does not hold a byte sequence with its label.');
  const serialized = trySerialize([items, parameters]);
  if (serialized === null) return createMalformed('Signature-Input');
  return { kind: 'found', found: { components, parameters, serialized, signature } };
}

function trySerialize(input: InnerList): string | null {
  try {
    return serializeInnerList(input);
  } catch {
    // Values of kinds that no parameter of ours has.
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
