import type { Request } from 'express';
import { listActorIds, type Actor } from '../domain/actor.js';
import { ApiKeysError, type ProblemCode } from '../errors.js';
import { composeChallenge, type Challenge } from '../http/challenge.js';
import type { OpenedChallenge } from '../ports/challenge-signer.js';
import type { Clock } from '../ports/clock.js';
import { maxCursorLength } from '../ports/cursor-signer.js';
import { readHeader } from '../http/read-header.js';
import { createSecondFactorCodes } from '../http/second-factor-codes.js';
import type { ResolvedStepUpOptions, StepUpOperation } from '../http/step-up-options.js';
import { toStepUpProblem } from '../http/step-up-problem.js';
import type { StepUpPorts } from '../ports/step-up-ports.js';

/** The operation that a second factor is checked for. */
export interface SteppedUp {
  readonly actor: Actor;
  readonly operation: StepUpOperation;
  /** `null` for a key that is to be created, and for an operation on an owner or a webhook. */
  readonly keyId: string | null;
  /** `null` for an operation on a key or a webhook. */
  readonly ownerId: string | null;
  /** `null` for a webhook that is to be created, and for an operation on a key or an owner. */
  readonly webhookId: string | null;
}

/** Lifetime of a challenge, in milliseconds. */
const challengeMs = 60_000;

/** Requires a second factor (step-up authentication). */
export interface StepUp {
  /**
   * Resolves if the operation needs no second factor, or if the request carries a valid one, which is then consumed.
   *
   * @throws ApiKeysError `step_up_…` with a challenge that a code can be sent for
   */
  check(req: Request, wanted: SteppedUp): Promise<void>;
}

/** @param ports - called for every request, because there are none before the instance is ready */
export function createStepUp(
  { operations, verify }: ResolvedStepUpOptions,
  ports: () => StepUpPorts,
  clock: Clock,
  challenge: Challenge,
): StepUp {
  const codes = createSecondFactorCodes(() => ports().nonces, clock);

  function refuse(problem: ProblemCode, wanted: SteppedUp): ApiKeysError {
    const expiresAt = clock.now() + challengeMs;
    return new ApiKeysError(problem, {
      challenge: {
        id: ports().challenges.make(expiresAt, toBinding(wanted)),
        expiresAt: new Date(expiresAt),
      },
      headers: { 'WWW-Authenticate': composeStepUpChallenge(challenge) },
    });
  }

  /** A challenge is consumed with its code; the code first, because a new challenge is available immediately. */
  function useUp({ name, expiresAt }: OpenedChallenge): Promise<boolean> {
    const madeAt = expiresAt - challengeMs;
    return ports().nonces.take(`step-up-challenge:${name}`, expiresAt, clock.now(), madeAt);
  }

  return {
    async check(req, wanted) {
      if (!operations.has(wanted.operation)) return;
      const [id, code] = [readGiven(req, 'step-up-challenge'), readGiven(req, 'step-up-code')];
      if (id === undefined || code === undefined) throw refuse('step_up_required', wanted);
      const opened = id.length > maxCursorLength ? null : ports().challenges.open(id, toBinding(wanted));
      if (opened === null) throw refuse('step_up_invalid', wanted);
      if (clock.now() >= opened.expiresAt) throw refuse('step_up_expired', wanted);

      const verdict = await codes.check(wanted.actor, code, () =>
        verify({ ...wanted, code, now: new Date(clock.now()) }),
      );
      const problem = toStepUpProblem(verdict);
      if (problem !== null) throw refuse(problem, wanted);
      if (!(await useUp(opened))) throw refuse('step_up_used', wanted);
    },
  };
}

function readGiven(req: Request, name: string): string | undefined {
  return readHeader(req, name) || undefined;
}

function toActorName(actor: Actor): string {
  return JSON.stringify(listActorIds(actor));
}

function toBinding({ actor, operation, keyId, ownerId, webhookId }: SteppedUp): string {
  const ofWebhook = webhookId === null ? [] : [webhookId];
  return JSON.stringify([toActorName(actor), operation, keyId, ownerId, ...ofWebhook]);
}

/** RFC 9470 section 3. */
function composeStepUpChallenge(challenge: Challenge): string {
  const plain = composeChallenge(challenge, { allowed: false, code: 'missing_credential' });
  return `${plain}, error="insufficient_user_authentication", error_description="A second factor is needed"`;
}
