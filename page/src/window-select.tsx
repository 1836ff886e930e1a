import type { JSX } from 'preact';
import { useSurroundings } from './context.js';
import type { TextName } from './texts-english.js';

const windows = { second: 1, minute: 60, hour: 3_600, day: 86_400, month: 2_592_000 } as const;

/** Chooses how long a window or an interval is. @param others - lengths that are offered besides the usual ones, in seconds */
export function WindowSelect({
  label,
  seconds,
  others,
  onChoose,
}: {
  label: TextName;
  seconds: number;
  others: readonly number[];
  onChoose: (seconds: number) => void;
}): JSX.Element {
  const { say, formats } = useSurroundings();
  const usual: readonly number[] = Object.values(windows);
  return (
    <label class="field">
      <span>{say(label)}</span>
      <select value={String(seconds)} onChange={({ currentTarget }) => onChoose(Number(currentTarget.value))}>
        {Object.entries(windows).map(([name, each]) => (
          <option key={name} value={String(each)}>
            {say(name as keyof typeof windows)}
          </option>
        ))}
        {[...new Set(others)]
          .filter((each) => !usual.includes(each))
          .map((each) => (
            <option key={each} value={String(each)}>
              {formats.span(each)}
            </option>
          ))}
      </select>
    </label>
  );
}
