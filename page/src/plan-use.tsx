import type { JSX } from 'preact';
import { useSurroundings } from './context.js';
import { describeLimit } from './formats.js';

/** What the plan of an owner allows, and how much of it is used. Of a plan that bounds nothing, there is nothing to say. */
export function PlanUse(): JSX.Element | null {
  const { caller, say, formats } = useSurroundings();
  if (caller.plan === null) return null;
  const { maxKeys, keyCount, maxLifetimeDays, rateLimits, credits } = caller.plan;
  const isFull = maxKeys !== null && keyCount !== null && keyCount >= maxKeys;
  const terms = [
    ...(maxKeys === null || keyCount === null || isFull
      ? []
      : [say('planUse', { used: formats.number(keyCount), all: formats.number(maxKeys) })]),
    ...(maxLifetimeDays === null ? [] : [say('planLifetime', { count: formats.number(maxLifetimeDays) })]),
    ...(rateLimits.length === 0
      ? []
      : [
          say('planLimits', {
            limits: formats.list(rateLimits.map((limit) => describeLimit(limit, say, formats))),
          }),
        ]),
    ...(credits === null
      ? []
      : [
          say(credits.refillsAt === null ? 'planCredits' : 'planCreditsUntil', {
            left: formats.number(credits.remaining),
            all: formats.number(credits.amount),
            date: credits.refillsAt === null ? '' : formats.moment(credits.refillsAt),
          }),
        ]),
  ];
  return (
    <>
      {isFull && <p class="mistake">{say('planFull', { all: formats.number(maxKeys) })}</p>}
      {terms.length > 0 && (
        <ul class="terms soft">
          {terms.map((term) => (
            <li key={term}>{term}</li>
          ))}
        </ul>
      )}
    </>
  );
}
