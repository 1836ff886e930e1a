import type { ComponentChildren, JSX } from 'preact';
import { useSurroundings } from './context.js';
import { describeLimit, describeWindow } from './formats.js';
import type { Credits, RateLimit } from './records.js';
import type { TextName } from './texts-english.js';

/** What a field says when it is empty: set apart, since a text could read the same. */
const empty: Readonly<Record<string, TextName>> = {
  ...{ expiresAt: 'noEnd', ipAllowlist: 'anyAddress', resources: 'all', credits: 'creditsKeepNone' },
  ...{ plan: 'defaultPlan', rateLimits: 'noLimits', tokenLifetimeSeconds: 'tokenLifetimeNone' },
};

/** The value of a field in words. */
export function FieldValue({ name, value }: { name: string; value: unknown }): JSX.Element {
  const { say, formats } = useSurroundings();
  if (isEmpty(value)) return <em class="soft">{say(empty[name] ?? 'none')}</em>;
  return <bdi>{describe(value)}</bdi>;

  function describe(given: unknown): ComponentChildren {
    if (name === 'rateLimits') {
      return (given as readonly RateLimit[]).map((limit) => (
        <div key={limit.name}>{Number.isFinite(limit.limit) ? describeLimit(limit, say, formats) : '…'}</div>
      ));
    }
    if (name === 'credits') return describeCredits(given as Credits);
    if (name === 'resources') {
      return Object.entries(given as Readonly<Record<string, readonly string[]>>).map(([kind, ids]) => (
        <div key={kind}>{`${kind}: ${ids.join(', ')}`}</div>
      ));
    }
    if (typeof given === 'number' && name === 'tokenLifetimeSeconds') {
      return Number.isFinite(given) ? formats.span(given) : '…';
    }
    if (typeof given === 'string') return name.endsWith('At') ? formats.moment(given) : given;
    if (Array.isArray(given) && given.every((each) => typeof each === 'string')) return given.join(', ');
    return JSON.stringify(given);
  }

  function describeCredits({ remaining, refillAmount, refillIntervalSeconds }: Credits): string {
    const number = (count: number): string => (Number.isFinite(count) ? formats.number(count) : '…');
    if (refillAmount === null || refillIntervalSeconds === null) return number(remaining);
    const window = describeWindow(refillIntervalSeconds, say, formats);
    return say('creditsRefilled', { count: number(remaining), amount: number(refillAmount), window });
  }
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
