import type { ResourceChoice } from './context.js';
import { describeLimit, type Formats } from './formats.js';
import { getOwn } from './get-own.js';
import type { Grantable, RateLimit } from './records.js';
import type { Say } from './texts.js';
import { readServerTime } from './server-time.js';

/** A limit as it is typed. */
export interface LimitDraft {
  /** That of a window which the key has already: requests that were counted in it stay counted. */
  readonly name?: string;
  readonly limit: string;
  readonly windowSeconds: number;
}

/** The form as it is filled in. */
export interface KeyDraft {
  readonly name: string;
  readonly description: string;
  readonly ownerId: string;
  readonly environment: string;
  readonly scopes: readonly string[];
  readonly features: readonly string[];
  /** Days from now, a date, no end, or for a key that exists the end that it has. */
  readonly end: number | 'date' | 'never' | 'keep';
  /** `2027-03-01`; its whole day is included. */
  readonly endDate: string;
  /** Lines; `null`: any address. */
  readonly addresses: string | null;
  /** Chosen ids of each kind; a kind that is missing is not bound. */
  readonly resources: Readonly<Record<string, readonly string[]>>;
  readonly limits: readonly LimitDraft[];
  /** Of a key that exists: its credits stay, are removed, or are set. `new`: those that are typed, if any. */
  readonly creditsChoice: 'new' | 'keep' | 'none' | 'set';
  readonly credits: string;
  /** What credits are raised to at the end of each interval; empty: never. */
  readonly refill: string;
  readonly refillSeconds: number;
  /** Seconds; empty: as configured. */
  readonly tokenLifetime: string;
  /** Separated by commas. */
  readonly tags: string;
  /** JSON, for admins. */
  readonly metadata: string;
}

export type DraftField =
  | ('name' | 'ownerId' | 'endDate' | 'addresses' | 'resources')
  | ('limits' | 'credits' | 'refill' | 'tokenLifetime' | 'tags' | 'metadata');

const dayMs = 86_400_000;

/** The choices of days, up to the longest that is allowed. */
export function listEndChoices({ ceilings }: Grantable): readonly number[] {
  const { maxLifetimeDays: max } = ceilings;
  const usual = [7, 30, 90, 365].filter((days) => max === null || days < max);
  return max === null ? usual : [...usual, max].slice(-4);
}

export function createDraft(grantable: Grantable, environment: string | null): KeyDraft {
  const choices = listEndChoices(grantable);
  const { rateLimits, credits } = grantable.ceilings;
  return {
    ...{ name: '', description: '', ownerId: '', environment: environment ?? '' },
    ...{ scopes: [], features: [], endDate: '', addresses: null },
    end: choices.includes(90) ? 90 : (choices.at(-1) ?? 'date'),
    // A kind that the person is bound to must be bound; nothing is chosen in advance.
    resources: Object.fromEntries(
      grantable.resources.filter(({ ids }) => ids !== null).map(({ name }) => [name, []]),
    ),
    limits: rateLimits.map(({ limit, windowSeconds }) => ({ limit: String(limit), windowSeconds })),
    credits: credits === null ? '' : String(credits),
    ...noRefill,
    ...{ creditsChoice: 'new', tokenLifetime: '', tags: '', metadata: '' },
  };
}

/** The fields of a refill that is not set. */
export const noRefill = { refill: '', refillSeconds: 86_400 } as const;

/** Splits lines, and commas for those who paste a list. */
export function splitLines(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((line) => line !== '');
}

/** When a key that is created now ends; `null`: never. Never later than is allowed. */
export function findEnd({ end, endDate }: KeyDraft, { ceilings }: Grantable): number | null {
  if (end === 'never') return null;
  const wanted =
    typeof end === 'number' ? readServerTime() + end * dayMs : new Date(`${endDate}T23:59:59`).getTime();
  return ceilings.expiresAt === null ? wanted : Math.min(wanted, Date.parse(ceilings.expiresAt));
}

/** What is missing or wrong, by field. The router checks everything again. */
export function findMistakes(
  draft: KeyDraft,
  grantable: Grantable,
  asksForOwner: boolean,
  say: Say,
  formats: Formats,
): Readonly<Partial<Record<DraftField, string>>> {
  const mistakes: Partial<Record<DraftField, string>> = {};
  const isCount = (text: string): boolean => /^[1-9]\d{0,15}$/.test(text.trim());
  if (draft.name.trim() === '') mistakes.name = say('nameMissing');
  if (asksForOwner && draft.ownerId.trim() === '') mistakes.ownerId = say('ownerMissing');
  if (draft.end === 'date') {
    const end = new Date(`${draft.endDate}T23:59:59`).getTime();
    const { expiresAt } = grantable.ceilings;
    const startOfLastDay = expiresAt === null ? Infinity : Date.parse(expiresAt);
    if (!(end > readServerTime())) mistakes.endDate = say('endMissing');
    else if (new Date(`${draft.endDate}T00:00:00`).getTime() > startOfLastDay) {
      mistakes.endDate = say('endTooLate', { date: formats.day(expiresAt ?? 0) });
    }
  }
  if (draft.addresses !== null && splitLines(draft.addresses).length === 0) {
    mistakes.addresses = say('addressesMissing');
  }
  if (Object.values(draft.resources).some((ids) => ids.length === 0)) mistakes.resources = say('idsMissing');
  if (draft.limits.some(({ limit }) => !isCount(limit))) mistakes.limits = say('numberWrong');
  if (draft.creditsChoice === 'new' && draft.credits.trim() !== '' && !isCount(draft.credits)) {
    mistakes.credits = say('numberWrong');
  }
  if (draft.creditsChoice === 'set') {
    // None left is not the same as none: requests are refused until there are some again.
    if (draft.credits.trim() !== '0' && !isCount(draft.credits)) mistakes.credits = say('countWrong');
    if (draft.refill.trim() !== '' && !isCount(draft.refill)) mistakes.refill = say('numberWrong');
  }
  if (draft.tokenLifetime.trim() !== '') {
    const seconds = isCount(draft.tokenLifetime) ? Number(draft.tokenLifetime) : 0;
    if (seconds < 60 || seconds > 86_400) {
      mistakes.tokenLifetime = say('tokenLifetimeWrong', {
        min: formats.number(60),
        max: formats.number(86_400),
      });
    }
  }
  const tags = splitTags(draft.tags);
  if (tags.length > 20 || tags.some((tag) => tag.length > 50)) mistakes.tags = say('tagsWrong');
  const metadata = parseMetadata(draft.metadata);
  if (metadata === null) mistakes.metadata = say('membersWrong');
  else if (new TextEncoder().encode(JSON.stringify(metadata)).length > 4_096) {
    mistakes.metadata = say('metadataLong');
  }
  return mistakes;
}

/** The tags that are typed, each once. */
export function splitTags(text: string): readonly string[] {
  const tags = text.split(',').map((tag) => tag.trim());
  return [...new Set(tags.filter((tag) => tag !== ''))];
}

/** The object that a text stands for; `null` for anything else. */
export function parseMetadata(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text.trim() || '{}');
    return typeof value === 'object' && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** Windows with the names that they have; a new one gets a name that is free. */
export function toRateLimits(limits: readonly LimitDraft[]): readonly RateLimit[] {
  const names = new Set(limits.map(({ name }) => name));
  return limits.map(({ name, limit, windowSeconds }) => {
    let free = name;
    for (let number = 1; free === undefined; number++) {
      if (!names.has(`limit-${number}`)) free = `limit-${number}`;
    }
    names.add(free);
    return { name: free, limit: Number(limit), windowSeconds };
  });
}

/** The body of `POST /keys`; what is not chosen is left out. */
export function toBody(draft: KeyDraft, grantable: Grantable): Record<string, unknown> {
  const end = findEnd(draft, grantable);
  const description = draft.description.trim();
  const tags = splitTags(draft.tags);
  const metadata = parseMetadata(draft.metadata) ?? {};
  return {
    name: draft.name.trim(),
    scopes: draft.scopes,
    ...(draft.ownerId.trim() === '' ? {} : { ownerId: draft.ownerId.trim() }),
    ...(description === '' ? {} : { description }),
    ...(draft.features.length === 0 ? {} : { features: draft.features }),
    ...(draft.environment === '' ? {} : { environment: draft.environment }),
    ...(end === null ? {} : { expiresAt: new Date(end).toISOString() }),
    ...(draft.addresses === null ? {} : { ipAllowlist: splitLines(draft.addresses) }),
    ...(Object.keys(draft.resources).length === 0 ? {} : { resources: draft.resources }),
    ...(draft.limits.length === 0 ? {} : { rateLimits: toRateLimits(draft.limits) }),
    ...(draft.credits.trim() === '' ? {} : { credits: { remaining: Number(draft.credits) } }),
    ...(draft.tokenLifetime.trim() === '' ? {} : { tokenLifetimeSeconds: Number(draft.tokenLifetime) }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
  };
}

/** The key in sentences, as it would be made now. */
export function describeDraft(
  draft: KeyDraft,
  grantable: Grantable,
  choices: Readonly<Record<string, readonly ResourceChoice[]>>,
  say: Say,
  formats: Formats,
): readonly string[] {
  const name = draft.name.trim() || say('summaryUnnamed');
  const chosen = grantable.scopes.filter((scope) => draft.scopes.includes(scope.name));
  const addresses = draft.addresses === null ? [] : splitLines(draft.addresses);
  const isComplete = draft.end !== 'date' || draft.endDate !== '';
  const end = isComplete ? findEnd(draft, grantable) : undefined;
  const labelOf = (kind: string, id: string): string =>
    getOwn(choices, kind)?.find((choice) => choice.id === id)?.label ?? id;
  return [
    chosen.length === 0
      ? say('summaryMayNothing', { name })
      : say('summaryMay', { name, scopes: formats.list(chosen.map(({ description }) => description)) }),
    ...Object.entries(draft.resources)
      .filter(([, ids]) => ids.length > 0)
      .map(([kind, ids]) =>
        say('summaryBound', { kind, ids: formats.list(ids.map((id) => labelOf(kind, id))) }),
      ),
    ...(draft.addresses === null ? [say('summaryAnywhere')] : []),
    // While none is written yet, nothing is said.
    ...(addresses.length > 0 ? [say('summaryFrom', { addresses: formats.list(addresses) })] : []),
    ...(end === undefined
      ? []
      : [end === null ? say('summaryForever') : say('summaryUntil', { date: formats.moment(end) })]),
    ...(draft.limits.length === 0
      ? []
      : [
          say('summaryLimits', {
            limits: formats.list(
              toRateLimits(draft.limits).map((limit) => describeLimit(limit, say, formats)),
            ),
          }),
        ]),
    ...(draft.credits.trim() === ''
      ? []
      : [say('summaryCredits', { count: formats.number(Number(draft.credits)) })]),
  ];
}
