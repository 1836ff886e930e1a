import type { JSX } from 'preact';
import { useSurroundings } from './context.js';
import type { DraftProperties } from './draft-fields.js';
import { Group } from './field.js';
import { describeLimit } from './formats.js';
import type { ApiKey } from './records.js';
import { WindowSelect } from './window-select.js';

const maxLimits = 10;

/** The windows that requests count against. */
export function LimitFields({
  draft,
  grantable,
  mistakes,
  before,
  onChange,
}: DraftProperties & { before?: ApiKey }): JSX.Element {
  const { say, formats } = useSurroundings();
  const { limits } = draft;
  const { rateLimits } = grantable.ceilings;
  const others = [...rateLimits, ...(before?.rateLimits ?? [])].map(({ windowSeconds }) => windowSeconds);
  const change = (index: number, part: Partial<(typeof limits)[number]>): void =>
    onChange({ limits: limits.map((limit, at) => (at === index ? { ...limit, ...part } : limit)) });
  return (
    <Group legend={say('limits')}>
      {limits.map(({ limit, windowSeconds }, index) => (
        // A row has no identity but its place.
        <div key={index} class="limit">
          <label class="field">
            <span>{say('requests')}</span>
            <input
              inputMode="numeric"
              value={limit}
              aria-invalid={mistakes.limits !== undefined}
              onInput={({ currentTarget }) => change(index, { limit: currentTarget.value })}
            />
          </label>
          <WindowSelect
            label="per"
            seconds={windowSeconds}
            others={others}
            onChoose={(seconds) => change(index, { windowSeconds: seconds })}
          />
          <button
            type="button"
            class="button small"
            aria-label={say('removeLimit', { number: index + 1 })}
            onClick={() => onChange({ limits: limits.filter((_limit, at) => at !== index) })}
          >
            <span aria-hidden="true">×</span>
          </button>
        </div>
      ))}
      {limits.length === 0 && <small class="soft">{say('noLimits')}</small>}
      {mistakes.limits !== undefined && <small class="mistake">{mistakes.limits}</small>}
      {rateLimits.length > 0 && (
        <small class="soft">
          {say('limitCeiling', {
            limit: formats.list(rateLimits.map((each) => describeLimit(each, say, formats))),
          })}
        </small>
      )}
      {limits.length < maxLimits && (
        <button
          type="button"
          class="button small"
          onClick={() => onChange({ limits: [...limits, { limit: '60', windowSeconds: 60 }] })}
        >
          {say('addLimit')}
        </button>
      )}
    </Group>
  );
}
