import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { useSurroundings } from './context.js';
import { readServerTime } from './server-time.js';

/** Until when a change is not in effect everywhere, counted down; said aloud once at the beginning and once at the end. */
export function PendingNote({ effectiveBy }: { effectiveBy: string }): JSX.Element {
  const { say, formats, announce } = useSurroundings();
  const readSeconds = (): number =>
    Math.max(0, Math.ceil((Date.parse(effectiveBy) - readServerTime()) / 1000));
  const [seconds, setSeconds] = useState(readSeconds);
  const describe = (left: number): string =>
    say('pending', { seconds: formats.number(left), time: formats.clock(effectiveBy) });

  useEffect(() => {
    if (readSeconds() > 0) announce(describe(readSeconds()));
    const timer = setInterval(() => {
      const left = readSeconds();
      setSeconds(left);
      if (left > 0) return;
      clearInterval(timer);
      announce(say('effective'));
    }, 500);
    return () => clearInterval(timer);
  }, [effectiveBy]);

  return <p class="pending">{seconds > 0 ? describe(seconds) : say('effective')}</p>;
}
