import type { Keyspaces } from '../domain/keyspaces.js';
import type { VerifiableCredential } from '../domain/credential.js';
import type { Refusal, RefusalCode, Verdict } from '../domain/verdict.js';
import { ApiKeysError } from '../errors.js';
import type { ReplayGuard } from '../ports/replay-guard.js';
import type { SecretSealer } from '../ports/secret-sealer.js';
import {
  createDecider,
  findRefusal,
  type DecisionPorts,
  type RequestToDecide,
} from '../verify/decide-request.js';
import { findCurrentKey, type CurrentKeyParts } from '../verify/find-current-key.js';
import type { PreparedKey } from '../verify/prepared-key.js';
import { toAttemptOutcomes, tryWithinBudget, type FailureLimits } from '../verify/try-within-budget.js';
import {
  checkProfile,
  isTooOld,
  missingContentDigest,
  type CheckedParameters,
} from './rfc9421/check-profile.js';
import { findDigestProblem } from './rfc9421/content-digest.js';
import { readFieldValue } from './rfc9421/read-field-value.js';
import { computeRequestHmac } from './hmac/hmac-signature.js';
import { proveHmac } from './hmac/prove-hmac.js';
import { createProveSignature } from './rfc9421/prove-signature.js';
import { readHmacAuthorization, type HmacAuthorization } from './hmac/read-hmac-authorization.js';
import { readSignature, type FoundSignature } from './rfc9421/read-signature.js';
import { createSignatureBase } from './rfc9421/signature-base.js';
import type { SignatureProfile } from './rfc9421/signature-profile.js';
import { SignatureSubject } from './signature-subject.js';
import type { SignedMessage } from './signed-message.js';
import { ExhaustedKeys } from './exhausted-keys.js';
import { deriveUseName } from './derive-use-name.js';

/** What checking signed requests needs from outside. */
export interface SignedRequestPorts extends DecisionPorts, CurrentKeyParts {
  readonly sealer: SecretSealer;
  readonly replays: ReplayGuard;
  readonly profile: SignatureProfile;
  /** `null`: any number of tries may fail. */
  readonly failures: FailureLimits | null;
  readonly keyspaces: Pick<Keyspaces, 'homeOf'>;
}

/** One request that may be signed. */
export interface SignedRequest extends RequestToDecide {
  /** `null` when nobody can say what the client has called. */
  readonly message: SignedMessage | null;
  /** The scheme of `Authorization` under which secrets sign, in lower case; another one is no signature. */
  readonly hmacScheme: string;
  /** By which other targets clients may know what they call, as far as HMAC is concerned. Default: none. */
  readonly otherTargets?: readonly string[];
  /** Names and values in turn, as Node has them. */
  readonly rawHeaders: readonly string[];
  /** Headers in lower case that the app reads keys from. */
  readonly credentialHeaders: readonly string[];
  /** Whether one of them holds a credential. */
  readonly hasCredential: boolean;
  /** The bytes of the body as they were sent. Rejects with ApiKeysError when they cannot be had. */
  readonly body: () => Promise<Uint8Array>;
  /** Stands for the request: several guards may see one, which is one use of its signature. */
  readonly identity: object;
}

/** A signed request that can be checked. */
type Checkable = SignedRequest & { readonly message: SignedMessage };

/** Decides about signed requests. */
export interface SignedRequestVerifier {
  /**
   * `null` when the request carries no signature that is for us. Rejects with ApiKeysError `unavailable` when the store
   * does not answer, or when nobody can say whether the signature was used before.
   */
  verify(request: SignedRequest): Promise<Verdict> | null;
}

/** A key as it is now, and which of its credentials has signed. */
interface ProvenKey {
  readonly prepared: PreparedKey;
  readonly credential: VerifiableCredential;
}

/** A signature that was right, and how its use is remembered. */
interface Proof {
  readonly credential: VerifiableCredential;
  readonly useName: string;
  /** Epoch milliseconds. */
  readonly signedAt: number;
  /** Epoch milliseconds. */
  readonly usableUntil: number;
}

/**
 * Checks signed requests: first what needs nobody, then the signature, then the body, then the key, then whether it was used
 * before, and then the key as it is now. Nothing is remembered of a signature that is not right, or whose key may not pass.
 */
export function createSignedRequestVerifier(ports: SignedRequestPorts): SignedRequestVerifier {
  const { sealer, replays, profile, clock, keyspaces, uses, failures } = ports;
  const decide = createDecider(ports);
  const proveSignature = createProveSignature();
  const subjects = new WeakMap<PreparedKey, SignatureSubject>();
  const admitted = new WeakMap<object, string>();
  const exhausted = new ExhaustedKeys();

  function limitFailures(
    keyId: string,
    { address }: SignedRequest,
    prove: () => Promise<Verdict>,
  ): Promise<Verdict> {
    if (failures === null) return prove();
    const refuseUnknown = (): Verdict => refuse('invalid_signature', invalidDetail);
    return tryWithinBudget(failures, signatureOutcomes, {
      address,
      keyId: () => keyId,
      prove,
      unknown: refuseUnknown,
    });
  }

  /** Keys of other keyspaces than the one that is asked for sign nothing. */
  async function findKey(id: string, { keyspace }: SignedRequest): Promise<PreparedKey | null> {
    const prepared = await findCurrentKey(ports, id);
    if (prepared === null || keyspaces.homeOf(prepared.key) === null) return null;
    return keyspace === undefined || prepared.key.keyspace === keyspace.name ? prepared : null;
  }

  async function verifySignature(found: FoundSignature, request: Checkable): Promise<Verdict> {
    const { message, credentialHeaders } = request;
    const parameters = checkProfile(found, message, credentialHeaders, profile, clock.now());
    if (typeof parameters === 'string') return refuse('invalid_signature', parameters);
    if (request.hasCredential) return refuse('invalid_request', 'Send a key or a signature, not both.');
    const base = createSignatureBase(message, found.components, found.serialized);
    if (base === null) return refuse('invalid_signature', 'It covers what the request does not have.');

    return limitFailures(parameters.keyId, request, () => proveAndAdmit(found, parameters, base, request));
  }

  async function proveAndAdmit(
    { components, signature }: FoundSignature,
    { keyId, algorithm, createdAt, usableUntil, nonce }: CheckedParameters,
    base: string,
    request: Checkable,
  ): Promise<Verdict> {
    const { message, body } = request;
    const prepared = await findKey(keyId, request);
    const credential = proveSignature(prepared?.key ?? null, algorithm, base, signature);
    if (credential === null) return refuse('invalid_signature', invalidDetail);
    const bytes = message.bodyPresence === 'none' ? noBody : await body();
    if (bytes.length > 0 && !components.some(({ name }) => name === 'content-digest')) {
      return refuse('invalid_signature', `It must cover ${missingContentDigest}.`);
    }
    const problem = findDigestProblem(message.rawHeaders, bytes);
    if (problem !== null) return refuse('invalid_signature', problem);
    const name = deriveUseName('signature', keyId, Buffer.from(nonce).toString('hex'));
    return admit(keyId, { credential, useName: name, signedAt: createdAt, usableUntil }, request);
  }

  async function verifyHmac(authorization: HmacAuthorization, request: Checkable): Promise<Verdict> {
    const { keyId, timestamp } = authorization;
    const signedAt = Number(timestamp);
    const usableUntil = signedAt + profile.maxAgeMs;
    if (request.hasCredential) return refuse('invalid_request', 'Send a key or a signature, not both.');
    const now = clock.now();
    if (signedAt > now + profile.skewMs) return refuse('invalid_signature', 'Its ts is in the future.');
    if (isTooOld(usableUntil, now)) return refuse('invalid_signature', 'Its ts is too old.');

    return limitFailures(keyId, request, () =>
      proveAndAdmitHmac(authorization, signedAt, usableUntil, request),
    );
  }

  async function proveAndAdmitHmac(
    { keyId, timestamp, nonce, signature }: HmacAuthorization,
    signedAt: number,
    usableUntil: number,
    request: Checkable,
  ): Promise<Verdict> {
    const { method, target, bodyPresence } = request.message;
    const body = bodyPresence === 'none' ? noBody : await request.body();
    const prepared = await findKey(keyId, request);
    const format = prepared === null ? undefined : keyspaces.homeOf(prepared.key)?.format;
    const targets = [target, ...(request.otherTargets ?? [])];
    const credential = proveHmac(
      sealer,
      prepared === null || format === undefined ? null : { key: prepared.key, format },
      (secret) =>
        targets.map((each) => computeRequestHmac(secret, { timestamp, nonce, method, target: each, body })),
      signature,
    );
    if (credential === null) return refuse('invalid_signature', invalidDetail);
    const name = deriveUseName('hmac', keyId, timestamp, nonce, signature.toString('hex'));
    return admit(keyId, { credential, useName: name, signedAt, usableUntil }, request);
  }

  /** The last steps, after which a signature counts as used. */
  async function admit(keyId: string, proof: Proof, request: SignedRequest): Promise<Verdict> {
    const { usableUntil } = proof;
    const now = clock.now();
    // The body may have taken its time; what is forgotten must not be usable.
    if (isTooOld(usableUntil, now)) return refuse('invalid_signature', 'It is too old.');
    const found = await findProven(keyId, proof, request);
    if (found === null) return refuse('invalid_signature', invalidDetail);
    // Who may not pass anyway uses no signature up.
    if (findRefusal(getSubject(found.prepared), found.credential, request, now) !== null) {
      return decideProven(found, request, now);
    }
    if (exhausted.has(keyId, now)) return admitExhausted(keyId, proof, found, request);
    const replayed = await takeSignature(keyId, proof, request, now);
    if (replayed !== null) return replayed;

    const current = await findProven(keyId, proof, request);
    if (current === null) return refuse('invalid_signature', invalidDetail);
    return decideProven(current, request, clock.now());
  }

  /**
   * For a key whose limits were used up a moment ago, limits come before the signature: remembering each request that they
   * refuse would be a row for each. Never allowed before the signature was taken; a replay may count against the limits.
   */
  async function admitExhausted(
    keyId: string,
    proof: Proof,
    found: ProvenKey,
    request: SignedRequest,
  ): Promise<Verdict> {
    const now = clock.now();
    const verdict = await decideProven(found, request, now);
    if (!verdict.allowed) return verdict;
    const replayed = await takeSignature(keyId, proof, request, now);
    if (replayed !== null) return replayed;
    const current = await findProven(keyId, proof, request);
    if (current === null) return refuse('invalid_signature', invalidDetail);
    return findRefusal(getSubject(current.prepared), current.credential, request, clock.now()) ?? verdict;
  }

  /** Uses a signature up; the refusal when it was used before. */
  async function takeSignature(
    keyId: string,
    { useName: name, signedAt }: Proof,
    { identity }: SignedRequest,
    now: number,
  ): Promise<Refusal | null> {
    // An earlier guard has taken it for this very request.
    if (admitted.get(identity) === name) return null;
    const rememberUntil = signedAt + profile.maxAgeMs + profile.skewMs;
    const answer = await replays.take({ name, signedAt, rememberUntil, now });
    if (answer === 'unknown') throw new ApiKeysError('unavailable', { detail: outageDetail });
    if (answer === 'used') return refuse('signature_replayed', undefined, keyId);
    admitted.set(identity, name);
    return null;
  }

  /** The key as it is now, not as it was when the request began to come in. */
  async function findProven(keyId: string, proof: Proof, request: SignedRequest): Promise<ProvenKey | null> {
    const prepared = await findKey(keyId, request);
    const credential = prepared?.key.credentials.find(({ id }) => id === proof.credential.id);
    return prepared === null || credential === undefined ? null : { prepared, credential };
  }

  async function decideProven(
    { prepared, credential }: ProvenKey,
    request: SignedRequest,
    now: number,
  ): Promise<Verdict> {
    const { id } = prepared.key;
    const verdict = await decide(getSubject(prepared), credential, uses.counterFor(id), request, now);
    exhausted.note(id, verdict, now);
    return verdict;
  }

  function getSubject(prepared: PreparedKey): SignatureSubject {
    let subject = subjects.get(prepared);
    if (subject === undefined) {
      subject = new SignatureSubject(prepared);
      subjects.set(prepared, subject);
    }
    return subject;
  }

  return {
    verify(request) {
      const { message, rawHeaders, hmacScheme } = request;
      const read = readSignature(rawHeaders, profile.tag);
      const hmac = readHmacAuthorization(readFieldValue(rawHeaders, 'authorization') ?? '', hmacScheme);
      if (read.kind === 'none' && hmac === null) return null;
      if (read.kind !== 'none' && hmac !== null)
        return resolveRefusal('invalid_request', 'Send one signature.');
      if (read.kind === 'malformed') return resolveRefusal('invalid_request', read.detail);
      if (read.kind === 'refused') return resolveRefusal('invalid_signature', read.detail);
      if (hmac === 'malformed')
        return resolveRefusal('invalid_request', 'Send id, ts, sig and nonce, each once.');
      if (message === null) return resolveRefusal('invalid_request', unknownTargetDetail);
      if (read.kind === 'found') return verifySignature(read.found, { ...request, message });
      return hmac === null ? null : verifyHmac(hmac, { ...request, message });
    },
  };
}

/** What who knows neither key nor secret gets. */
const signatureOutcomes = toAttemptOutcomes(({ code }) => code === 'invalid_signature');
const noBody = new Uint8Array();
/** The same for keys that do not exist, are of another kind, or have signed something else. */
const invalidDetail = 'The signature is not right.';
const unknownTargetDetail = 'Send the path and query as the target, and a Host that is known here.';
const outageDetail =
  'It cannot be found out now whether this signature was used before. Sign the request anew in a moment.';

function resolveRefusal(code: RefusalCode, detail: string): Promise<Verdict> {
  return Promise.resolve(refuse(code, detail));
}

function refuse(code: RefusalCode, detail?: string, keyId?: string): Refusal {
  return {
    allowed: false,
    code,
    ...(detail === undefined ? {} : { detail }),
    ...(keyId === undefined ? {} : { keyId }),
  };
}
