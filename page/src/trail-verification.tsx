import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useSurroundings } from './context.js';
import { Field } from './field.js';
import type { TrailReport } from './records.js';
import { TrailResult } from './trail-result.js';
import { ChangeTrouble } from './trouble.js';
import { OptionalLabel } from './optional-label.js';

/** What an anchor looks like; the router checks it again. */
const anchorPattern = /^\d+\.[0-9a-f]{64}$/;

/** Has the whole audit log verified, against the anchor of an earlier time where there is one. */
export function TrailVerification(): JSX.Element {
  const { client, say, formats, announce } = useSurroundings();
  const [anchor, setAnchor] = useState('');
  const [mistake, setMistake] = useState<string | undefined>(undefined);
  const [report, setReport] = useState<TrailReport | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [startedAt, setStartedAt] = useState<number | null>(null);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  async function verify(): Promise<void> {
    const sent = anchor.trim();
    const isWrong = sent !== '' && !anchorPattern.test(sent);
    setMistake(isWrong ? say('anchorWrong') : undefined);
    if (isWrong) return;
    const abort = new AbortController();
    running.current = abort;
    setStartedAt(performance.now());
    setReport(null);
    setError(null);
    announce(say('verifying'));
    try {
      const found = await client.get<TrailReport>('/audit/verify', { anchor: sent }, abort.signal);
      setReport(found);
      announce(say(found.valid ? 'trailValid' : 'trailBroken'));
    } catch (problem) {
      if (!abort.signal.aborted) setError(problem);
    }
    setStartedAt(null);
  }

  return (
    <section class="panel" aria-label={say('verification')} part="verification">
      <h3>{say('verification')}</h3>
      <p class="soft">{say('verificationIntro')}</p>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (startedAt === null) void verify();
        }}
      >
        <Field label={<OptionalLabel text="anchorBefore" />} hint={say('anchorHint')} mistake={mistake}>
          {(control) => (
            <input
              {...control}
              autocomplete="off"
              autocapitalize="off"
              spellcheck={false}
              maxLength={200}
              value={anchor}
              onInput={({ currentTarget }) => {
                setAnchor(currentTarget.value);
                setMistake(undefined);
              }}
            />
          )}
        </Field>
        <div class="actions">
          <button class="button primary" disabled={startedAt !== null}>
            {say('verifyNow')}
          </button>
          {startedAt !== null && (
            <>
              <button type="button" class="button" onClick={() => running.current?.abort()}>
                {say('cancel')}
              </button>
              <Elapsed
                since={startedAt}
                describe={(seconds) => `${say('verifying')} ${formats.span(seconds)}`}
              />
            </>
          )}
        </div>
      </form>
      <ChangeTrouble error={error} />
      {report !== null && <TrailResult report={report} />}
    </section>
  );
}

/** How long it takes so far. A log has no length that is known before: there is nothing to count down. */
function Elapsed({ since, describe }: { since: number; describe: (seconds: number) => string }): JSX.Element {
  const [now, setNow] = useState(since);
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <span class="progress">
      <progress aria-label={describe(0)} /> {describe(Math.round((now - since) / 1_000))}
    </span>
  );
}
