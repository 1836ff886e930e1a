import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useSurroundings } from './context.js';
import type { ApiKey, Usage } from './records.js';
import { Loading, LoadTrouble } from './trouble.js';
import { useLoad } from './use-load.js';
import { nameCode } from './problem-codes.js';
import { readServerTime } from './server-time.js';

const hourMs = 3_600_000;
const spans = {
  byHour: { by: 'hour', periodMs: hourMs, count: 48 },
  byDay: { by: 'day', periodMs: 24 * hourMs, count: 30 },
  byQuarter: { by: 'day', periodMs: 24 * hourMs, count: 90 },
} as const;
type Span = keyof typeof spans;

interface Bar {
  readonly start: number;
  readonly allowed: number;
  readonly refused: number;
  readonly counts: Readonly<Record<string, number>>;
}

/** How often a key was used, as a chart and as a table of the same numbers. */
export function KeyUsage({ apiKey }: { apiKey: ApiKey }): JSX.Element {
  const { client, say } = useSurroundings();
  const [span, setSpan] = useState<Span>('byDay');
  const { by, periodMs, count } = spans[span];
  const path = `/keys/${encodeURIComponent(apiKey.id)}/usage`;
  const usage = useLoad(`${path} ${span}`, async (signal) => {
    const first = (Math.floor(readServerTime() / periodMs) - count + 1) * periodMs;
    const { items } = await client.get<Usage>(path, { by, from: new Date(first).toISOString() }, signal);
    return { span, bars: fillIn(items, first, periodMs, count) };
  });
  return (
    <section class="panel" part="usage">
      <div class="head">
        <h3>{say('usage')}</h3>
        <label>
          <span class="visually-hidden">{say('time')}</span>
          <select
            class="small"
            value={span}
            onChange={({ currentTarget }) => setSpan(currentTarget.value as Span)}
          >
            {(Object.keys(spans) as Span[]).map((each) => (
              <option key={each} value={each}>
                {say(each)}
              </option>
            ))}
          </select>
        </label>
      </div>
      {usage.error !== null && !usage.isLoading ? (
        <LoadTrouble error={usage.error} onRetry={usage.reload} />
      ) : usage.value !== null ? (
        <UsageChart bars={usage.value.bars} span={usage.value.span} />
      ) : (
        <Loading />
      )}
    </section>
  );
}

/** One bar for each period, those without uses too. */
function fillIn(items: Usage['items'], first: number, periodMs: number, count: number): readonly Bar[] {
  const counted = new Map(items.map(({ start, counts }) => [Date.parse(start), counts]));
  return Array.from({ length: count }, (_none, index) => {
    const start = first + index * periodMs;
    const counts = counted.get(start) ?? {};
    const allowed = counts['allowed'] ?? 0;
    const all = Object.values(counts).reduce((sum, each) => sum + each, 0);
    return { start, allowed, refused: all - allowed, counts };
  });
}

function UsageChart({ bars, span }: { bars: readonly Bar[]; span: Span }): JSX.Element {
  const { say, formats } = useSurroundings();
  const highest = Math.max(...bars.map(({ allowed, refused }) => allowed + refused));
  const sum = (of: 'allowed' | 'refused'): number => bars.reduce((total, bar) => total + bar[of], 0);
  // Hours are those of the person; days are counted in UTC and named so.
  const nameOf = (start: number): string =>
    span === 'byHour' ? formats.moment(start) : formats.utcDay(start);
  if (highest === 0) return <p class="soft">{say('usageNone')}</p>;
  const words = say('usageSum', {
    allowed: formats.number(sum('allowed')),
    refused: formats.number(sum('refused')),
  });
  const height = (value: number): number => (value === 0 ? 0 : Math.max(2, (value / highest) * 100));
  const used = bars.filter(({ allowed, refused }) => allowed + refused > 0);
  return (
    <>
      <p class="legend">
        <i class="swatch allowed" aria-hidden="true" /> <i class="swatch refused" aria-hidden="true" />{' '}
        {words}
      </p>
      <div class="chart">
        <span class="scale soft" aria-hidden="true">
          {formats.number(highest)}
        </span>
        <svg
          viewBox={`0 0 ${bars.length * 10} 100`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`${say('usage')}, ${say(span)}: ${words}`}
        >
          {bars.map(({ start, allowed, refused }, index) => {
            const [low, high] = [height(allowed), height(refused)];
            return (
              <g key={start}>
                <rect class="slot" x={index * 10 + 1.5} width={7} y={0} height={100} />
                <rect class="allowed" x={index * 10 + 1.5} width={7} y={100 - low} height={low} />
                <rect class="refused" x={index * 10 + 1.5} width={7} y={100 - low - high} height={high} />
                <title>{`${nameOf(start)}: ${formats.number(allowed)} / ${formats.number(refused)}`}</title>
              </g>
            );
          })}
        </svg>
        <div class="axis soft" aria-hidden="true">
          <span>{nameOf(bars[0]?.start ?? 0)}</span>
          <span>{nameOf(bars.at(-1)?.start ?? 0)}</span>
        </div>
      </div>
      <details>
        <summary>{say('usageTable')}</summary>
        <div class="scroll" tabIndex={0} role="region" aria-label={say('usage')}>
          <table>
            <thead>
              <tr>
                <th scope="col">{say('time')}</th>
                <th scope="col">{say('allowed')}</th>
                <th scope="col">{say('refused')}</th>
                <th scope="col">{say('verdicts')}</th>
              </tr>
            </thead>
            <tbody>
              {used.toReversed().map(({ start, allowed, refused, counts }) => (
                <tr key={start}>
                  <th scope="row">{nameOf(start)}</th>
                  <td>{formats.number(allowed)}</td>
                  <td>{formats.number(refused)}</td>
                  <td>
                    {Object.entries(counts)
                      .filter(([verdict]) => verdict !== 'allowed')
                      .map(([verdict, count]) => `${nameCode(verdict, say)}: ${formats.number(count)}`)
                      .join(', ')}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </>
  );
}
