import { serializeInnerList, type Dictionary, type InnerList, type Item } from 'structured-headers';
import { readComponent, type CoveredComponent } from './covered-component.js';
import { fieldValue } from './field-value.js';
import { hasDecimal, readDictionary } from './read-dictionary.js';

/** A signature with our tag, well formed and not checked. */
export interface FoundSignature {
  readonly components: readonly CoveredComponent[];
  readonly parameters: ReadonlyMap<string, unknown>;
  /** The components and parameters, serialised: the last line of the signature base. */
  readonly serialised: string;
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
  const inputField = fieldValue(rawHeaders, 'signature-input');
  if (inputField === null) return none;
  const inputs = readDictionary(inputField);
  if (inputs === null) return malformed('Signature-Input');
  const ours = [...inputs].filter(([, [, parameters]]) => parameters.get('tag') === tag);
  const [only] = ours;
  if (only === undefined) return none;
  if (ours.length > 1) return { kind: 'malformed', detail: 'Send one signature with this tag.' };

  const signatureField = fieldValue(rawHeaders, 'signature');
  const signatures = signatureField === null ? new Map() : readDictionary(signatureField);
  if (signatures === null) return malformed('Signature');
  return readOurs(only, signatures, hasDecimal(inputField));
}

function readOurs(
  [label, input]: readonly [string, Item | InnerList],
  signatures: Dictionary,
  hasDecimals: boolean,
): ReadSignature {
  const [items, parameters] = input;
  if (!Array.isArray(items)) return malformed('Signature-Input');
  if (items.length > maxComponents) {
    return { kind: 'malformed', detail: `Cover at most ${maxComponents} components.` };
  }
  if (hasDecimals) return refused('Its numbers must be whole.');
  const components: CoveredComponent[] = [];
  for (const item of items) {
    const component = readComponent(item);
    if (component === null) return refused('It covers a component that is not offered here.');
    components.push(component);
  }
  if (new Set(components.map(({ identifier }) => identifier)).size < components.length) {
    return refused('It covers a component twice.');
  }
  const signature = bytesOf(signatures.get(label));
  if (signature === null) return refused('Signature does not hold a byte sequence with its label.');
  const serialised = serialise([items, parameters]);
  if (serialised === null) return malformed('Signature-Input');
  return { kind: 'found', found: { components, parameters, serialised, signature } };
}

function serialise(input: InnerList): string | null {
  try {
    return serializeInnerList(input);
  } catch {
    // Values of kinds that no parameter of ours has.
    return null;
  }
}

function bytesOf(member: Item | InnerList | undefined): Uint8Array | null {
  const value: unknown = member?.[0];
  // No instanceof: the parser may live in another realm, as under jest.
  const isBuffer = Object.prototype.toString.call(value) === '[object ArrayBuffer]';
  return isBuffer ? new Uint8Array(value as ArrayBuffer) : null;
}

function malformed(field: string): ReadSignature {
  return {
    kind: 'malformed',
    detail: `${field} is not a well-formed dictionary that names everything once.`,
  };
}

function refused(detail: string): ReadSignature {
  return { kind: 'refused', detail };
}
