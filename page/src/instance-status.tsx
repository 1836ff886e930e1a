import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { CardTable } from './card-table.js';
import { useSurroundings } from './context.js';
import type { InstanceStatus } from './records.js';
import type { TextName } from './texts-english.js';
import { Loading, LoadTrouble } from './trouble.js';
import { useLoad } from './use-load.js';
import { ViewTitle } from './view-title.js';

/** How often it is asked for again, in milliseconds. The router reads nothing for it. */
const everyMs = 5_000;

/** How the process is that answers: what it reaches, and where it counts. */
export function InstanceStatusView(): JSX.Element {
  const { client, say } = useSurroundings();
  const status = useLoad('status', (signal) => client.get<InstanceStatus>('/status', {}, signal));
  const { reload } = status;
  useEffect(() => {
    const timer = setInterval(() => {
      // Nobody looks at a page in the background.
      if (document.visibilityState === 'visible') reload();
    }, everyMs);
    return () => clearInterval(timer);
  }, [reload]);
  return (
    <section class="view">
      <header>
        <ViewTitle>{say('view-status')}</ViewTitle>
        <p class="soft">{say('statusIntro')}</p>
      </header>
      {status.error !== null && <LoadTrouble error={status.error} onRetry={reload} />}
      {status.value !== null ? (
        <Parts status={status.value} isStale={status.error !== null} />
      ) : (
        status.isLoading && <Loading />
      )}
    </section>
  );
}

type Tone = 'active' | 'soon' | 'revoked' | '';

/** @param isStale - whether it could not be asked for again: nothing is shown as working then */
function Parts({ status, isStale }: { status: InstanceStatus; isStale: boolean }): JSX.Element {
  const { say, formats } = useSurroundings();
  const { state, database, redis, limits, wakeMode, processes, lagMs, others, cachedKeys } = status;
  const limitTones: Readonly<Record<string, Tone>> = { shared: 'active', split: 'soon', refused: 'revoked' };
  const parts = [
    ['database', database, database === 'up' ? 'active' : 'revoked'],
    ['redis', redis, redis === 'up' ? 'active' : redis === 'down' ? 'revoked' : ''],
    // Counting in each process is right where there is no Redis, and worth a look where there is.
    ['limits', limits, limitTones[limits] ?? (redis === 'none' ? '' : 'soon')],
    ['wakeMode', wakeMode, ''],
  ] as const;
  return (
    <>
      <div class={`notice ${state === 'normal' && !isStale ? 'good' : 'warn'}`} role="status">
        <strong>{say(isStale ? 'outdated' : state === 'normal' ? 'statusNormal' : 'statusDegraded')}</strong>
      </div>
      <dl class="tiles">
        {parts.map(([name, value, tone]) => (
          <div key={name} class="panel">
            <dt>{say(name)}</dt>
            <dd>
              <span class={`state ${isStale ? '' : tone}`}>{say(`is-${value}`)}</span>
              <p>{say(`${name}-${value}` as TextName)}</p>
            </dd>
          </div>
        ))}
        {(
          [
            ['lag', lagMs === null ? '–' : formats.shortSpan(lagMs)],
            ['processes', formats.number(processes)],
            ['cachedKeys', formats.number(cachedKeys)],
          ] as const
        ).map(([name, value]) => (
          <div key={name} class="panel">
            <dt>{say(name)}</dt>
            <dd>
              <strong>{value}</strong>
              <p>{say(`${name}Hint`)}</p>
            </dd>
          </div>
        ))}
      </dl>
      {others.length > 0 && (
        <section class="panel">
          <h3>{say('otherProcesses')}</h3>
          <p class="soft">{say('otherProcessesHint')}</p>
          <CardTable
            label={say('otherProcesses')}
            items={others}
            keyOf={({ id }) => id}
            columns={[
              ['process', ({ id }) => <code>{id}</code>],
              ['silent', ({ silentMs }) => formats.shortSpan(silentMs)],
              ['changesBehind', ({ changesBehind }) => formats.number(changesBehind)],
            ]}
          />
        </section>
      )}
    </>
  );
}
