import { maxClockSkewMs } from '../domain/clock-skew.js';
import type { VerifiableKey } from '../domain/api-key.js';
import type { Keyspaces } from '../domain/keyspaces.js';
import type { VerifiableCredential } from '../domain/credential.js';
import type { Refusal, RefusalCode, Verdict } from '../domain/verdict.js';
import { ApiKeysError } from '../errors.js';
import type { ReplayGuard, SignatureUse } from '../ports/replay-guard.js';
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
import { isSignedWithOtherSalt } from './check-signature.js';
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

/** The ports of signed request verification. */
export interface SignedRequestPorts extends DecisionPorts, CurrentKeyParts {
  readonly sealer: SecretSealer;
  readonly replays: ReplayGuard;
  readonly profile: SignatureProfile;
  /** `null`: failed attempts are not limited. */
  readonly failures: FailureLimits | null;
  readonly keyspaces: Pick<Keyspaces, 'homeOf'>;
}

/** A request that may be signed. */
export interface SignedRequest extends RequestToDecide {
  /** `null` when the requested target cannot be determined. */
  readonly message: SignedMessage | null;
  /** Whether a scheme of `Authorization`, in lower case, is one under which secrets sign. */
  readonly isHmacScheme: (scheme: string) => boolean;
  /** Other targets that clients may have signed with HMAC for the same request. Default: none. */
  readonly otherTargets?: readonly string[];
  /**
   * How far from its own timestamp, in milliseconds, an HMAC that was used before is accepted again: only for requests that change
   * nothing. Clients whose nonce is their clock sign equal requests of one millisecond with equal bytes. Default: 0, never.
   */
  readonly repeatableForMs?: number;
  /** Alternating names and values, as in Node's `rawHeaders`. */
  readonly rawHeaders: readonly string[];
  /** Headers in lower case that the app reads keys from. */
  readonly credentialHeaders: readonly string[];
  /** Whether one of them contains a credential. */
  readonly hasCredential: boolean;
  /** Reads the bytes of the body as they were sent. Rejects with ApiKeysError when they cannot be read. */
  readonly body: () => Promise<Uint8Array>;
  /** Identifies the request: several guards may check the same one, which is one use of its signature. */
  readonly identity: object;
}

/** A signed request that can be checked. */
type Checkable = SignedRequest & { readonly message: SignedMessage };

/** Verifies signed requests. */
export interface SignedRequestVerifier {
  /**
   * `null` when the request carries no signature for this instance. Rejects with ApiKeysError `unavailable` when the store
   * does not respond, or when it is unknown whether the signature was used before.
   */
  verify(request: SignedRequest): Promise<Verdict> | null;
}

/** The current state of a key, and the credential that signed. */
interface ProvenKey {
  readonly prepared: PreparedKey;
  readonly credential: VerifiableCredential;
}

/** A valid signature, and how its use is recorded. */
interface Proof {
  readonly credential: VerifiableCredential;
  readonly useName: string;
  /** Epoch milliseconds. */
  readonly signedAt: number;
  /** Epoch milliseconds. */
  readonly usableUntil: number;
  /** See {@link SignedRequest.repeatableForMs}. */
  readonly repeatableForMs: number;
}

/**
 * Builds the verification of signed requests: first the checks without I/O, then the signature, then the body, then the key,
 * then replay, and then the current state of the key. Nothing is recorded for an invalid signature, or for one whose key would
 * be refused.
 */
export function createSignedRequestVerifier(ports: SignedRequestPorts): SignedRequestVerifier {
  const { sealer, replays, profile, clock, keyspaces, uses, failures } = ports;
  const decide = createDecider(ports);
  const proveSignature = createProveSignature();
  const proveOtherSalt = createProveSignature(isSignedWithOtherSalt);
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
      keyIds: () => [keyId],
      prove,
      unknown: refuseUnknown,
    });
  }

  /** Finds a key in the requested keyspace; keys of other keyspaces cannot sign. */
  async function findKey(id: string, { keyspace, trace }: SignedRequest): Promise<PreparedKey | null> {
    const prepared = await findCurrentKey(ports, id, trace);
    if (prepared === null || keyspaces.homeOf(prepared.key) === null) return null;
    return keyspace === undefined || prepared.key.keyspace === keyspace.name ? prepared : null;
  }

  async function verifySignature(found: FoundSignature, request: Checkable): Promise<Verdict> {
    const { message, credentialHeaders } = request;
    const parameters = checkProfile(found, message, credentialHeaders, profile, clock.now());
    if (typeof parameters === 'string') return refuse('invalid_signature', parameters);
    if (request.hasCredential) return refuse('invalid_request', 'Send a key or a signature, not both.');
    const base = createSignatureBase(message, found.components, found.serialized);
    if (base === null)
      return refuse('invalid_signature', 'It covers a component that the request does not have.');

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
    if (credential === null) {
      const hasOtherSalt = proveOtherSalt(prepared?.key ?? null, algorithm, base, signature) !== null;
      // Only the holder of the private key can produce such a signature.
      return refuse('invalid_signature', hasOtherSalt ? otherSaltDetail : invalidDetail);
    }
    const bytes = message.bodyPresence === 'none' ? noBody : await body();
    if (bytes.length > 0 && !components.some(({ name }) => name === 'content-digest')) {
      return refuse('invalid_signature', `It must cover ${missingContentDigest}.`);
    }
    const problem = findDigestProblem(message.rawHeaders, bytes);
    if (problem !== null) return refuse('invalid_signature', problem);
    const name = deriveUseName('signature', keyId, Buffer.from(nonce).toString('hex'));
    return admit(
      keyId,
      { credential, useName: name, signedAt: createdAt, usableUntil, repeatableForMs: 0 },
      request,
    );
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
    const { repeatableForMs = 0 } = request;
    return admit(keyId, { credential, useName: name, signedAt, usableUntil, repeatableForMs }, request);
  }

  /** The last steps; after them the signature counts as used. */
  async function admit(keyId: string, proof: Proof, request: SignedRequest): Promise<Verdict> {
    const { usableUntil } = proof;
    const now = clock.now();
    // Reading the body may have taken long; a signature whose record has expired must not be accepted.
    if (isTooOld(usableUntil, now)) return refuse('invalid_signature', 'It is too old.');
    const found = await findProven(keyId, proof, request);
    if (found === null) return refuse('invalid_signature', invalidDetail);
    // A request that would be refused anyway does not use its signature up.
    if (findRefusal(getSubject(found.prepared), found.credential, request, now) !== null) {
      return decideProven(found, request, now);
    }
    if (exhausted.has(keyId, now)) return admitExhausted(keyId, proof, found, request);
    const replayed = await takeSignature(found.prepared.key, proof, request, now);
    if (replayed !== null) return replayed;

    const current = await findProven(keyId, proof, request);
    if (current === null) return refuse('invalid_signature', invalidDetail);
    return decideProven(current, request, clock.now());
  }

  /**
   * For a key whose limits were exhausted a moment ago, checks limits before recording the signature: recording each refused
   * request would add a row for each. Never allows a request before its signature was recorded. A replay is refused before it costs
   * anything; only one that comes at the same time may count against the limits.
   */
  async function admitExhausted(
    keyId: string,
    proof: Proof,
    found: ProvenKey,
    request: SignedRequest,
  ): Promise<Verdict> {
    const now = clock.now();
    const { key } = found.prepared;
    if (await isReplayed(proof, request, now)) return refuseProven('signature_replayed', key);
    const verdict = await decideProven(found, request, now);
    if (!verdict.allowed) return verdict;
    const replayed = await takeSignature(key, proof, request, now);
    if (replayed !== null) return replayed;
    const current = await findProven(keyId, proof, request);
    if (current === null) return refuse('invalid_signature', invalidDetail);
    return findRefusal(getSubject(current.prepared), current.credential, request, clock.now()) ?? verdict;
  }

  /** Records the use of a signature; returns the refusal when it was used before and must not be repeated. */
  async function takeSignature(
    key: VerifiableKey,
    proof: Proof,
    { identity }: SignedRequest,
    now: number,
  ): Promise<Refusal | null> {
    // An earlier guard has recorded it for this very request.
    if (admitted.get(identity) === proof.useName) return null;
    const answer = await replays.take(describeUse(proof, now));
    if (answer === 'unknown') throw new ApiKeysError('unavailable', { detail: outageDetail });
    // Recording may have taken a while, so the clock is read again.
    if (answer === 'used' && !isRepeatable(proof)) return refuseProven('signature_replayed', key);
    admitted.set(identity, proof.useName);
    return null;
  }

  /** Whether a signature was used before and must not be repeated; it is not taken. `false` when that is unknown. */
  async function isReplayed(proof: Proof, { identity }: SignedRequest, now: number): Promise<boolean> {
    if (admitted.get(identity) === proof.useName) return false;
    return (await replays.isUsed(describeUse(proof, now))) && !isRepeatable(proof);
  }

  function describeUse({ useName: name, signedAt }: Proof, now: number): SignatureUse {
    // Clocks of processes may differ by more than is allowed of signers, and the end of the age is still within it.
    const rememberUntil = signedAt + profile.maxAgeMs + Math.max(profile.skewMs, maxClockSkewMs);
    return { name, signedAt, rememberUntil, now };
  }

  function isRepeatable({ signedAt, repeatableForMs }: Proof): boolean {
    return repeatableForMs > 0 && Math.abs(clock.now() - signedAt) <= repeatableForMs;
  }

  /** Reads the current state of the key, which may have changed since the request started. */
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
    const verdict = await decide(
      getSubject(prepared),
      credential,
      uses.counterFor(prepared.key),
      request,
      now,
    );
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
      const { message, rawHeaders, isHmacScheme } = request;
      const read = readSignature(rawHeaders, profile.tag);
      const hmac = readHmacAuthorization(readFieldValue(rawHeaders, 'authorization') ?? '', isHmacScheme);
      if (read.kind === 'none' && hmac === null) return null;
      if (read.kind !== 'none' && hmac !== null)
        return resolveRefusal('invalid_request', 'Send one signature.');
      if (read.kind === 'malformed') return resolveRefusal('invalid_request', read.detail);
      if (read.kind === 'refused') return resolveRefusal('invalid_signature', read.detail);
      if (hmac === 'malformed')
        return resolveRefusal('invalid_request', 'Send id, ts, sig and nonce, each once.');
      if (message === null) return resolveRefusal('invalid_request', unknownTargetDetail);
      const checkable = { ...request, message };
      const verify = (): Promise<Verdict> | null => {
        if (read.kind === 'found') return verifySignature(read.found, checkable);
        return hmac === null ? null : verifyHmac(hmac, checkable);
      };
      return request.trace === undefined ? verify() : request.trace.wait(verify);
    },
  };
}

/** The refusal of a caller that knows neither key nor secret. */
const signatureOutcomes = toAttemptOutcomes(({ code }) => code === 'invalid_signature');
const noBody = new Uint8Array();
/** The same for keys that do not exist, are of another type, or have signed something else. */
const invalidDetail = 'The signature is invalid.';
const otherSaltDetail = 'Sign with RSA-PSS and a salt of 64 bytes (RFC 9421 section 3.3.1).';
const unknownTargetDetail = 'Send the path and query as the target, and a Host that is known here.';
const outageDetail =
  'It cannot be determined now whether this signature was used before. Sign the request again in a moment.';

function resolveRefusal(code: RefusalCode, detail: string): Promise<Verdict> {
  return Promise.resolve(refuse(code, detail));
}

function refuse(code: RefusalCode, detail?: string): Refusal {
  return { allowed: false, code, ...(detail === undefined ? {} : { detail }) };
}

/** The refusal of a request that was signed for the key. */
function refuseProven(code: RefusalCode, { id: keyId, ownerId }: VerifiableKey): Refusal {
  return { ...refuse(code), keyId, ownerId };
}
