import type { JSX } from 'preact';
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { AdminClient, type ProblemError } from './admin-client.js';
import { AccessLog } from './access-log.js';
import { AuditLog } from './audit-log.js';
import { AdminNav } from './admin-nav.js';
import {
  SurroundingsContext,
  useSurroundings,
  type AdminView,
  type Place,
  type ResourceChoice,
  type Surroundings,
} from './context.js';
import { CreateKey } from './create-key.js';
import { createFormats } from './formats.js';
import { InstanceStatusView } from './instance-status.js';
import { KeyList } from './key-list.js';
import { KeyPage } from './key-page.js';
import { loadCaller, unknownCaller } from './load-caller.js';
import type { NewSecret } from './new-secret.js';
import { OwnerList } from './owner-list.js';
import { OwnerPage } from './owner-page.js';
import { parseHash, toHash } from './place-address.js';
import { PlanImpactView } from './plan-impact-view.js';
import { PostureList } from './posture-list.js';
import { SecretOnce } from './secret-once.js';
import { StepUpDialog } from './step-up-dialog.js';
import { createSay } from './texts.js';
import { Loading, LoadTrouble } from './trouble.js';
import { useLoad } from './use-load.js';

interface Properties {
  readonly base: string;
  readonly getToken: (() => Promise<string>) | null;
  readonly texts: Readonly<Record<string, string>>;
  readonly resources: Readonly<Record<string, readonly ResourceChoice[]>>;
  readonly exampleUrl: string;
  readonly language: string;
  /** Whether the place is in the part of the address after `#`: for a page that is nothing but this element. */
  readonly hasHash: boolean;
  readonly onSignedOut: () => void;
}

interface Question {
  readonly problem: ProblemError;
  readonly answer: (code: string | null) => void;
}

/** All views, and what stands above them: the new secret and the question for a second factor. */
export function App(properties: Properties): JSX.Element {
  const { base, getToken, texts, language, hasHash, resources, exampleUrl } = properties;
  const [place, setPlace] = useState<Place>(() => (hasHash ? parseHash(location.hash) : { view: 'list' }));
  /** Answers come in any order: each secret and each question is shown for itself, one after the other. */
  const [secrets, setSecrets] = useState<readonly NewSecret[]>([]);
  const [questions, setQuestions] = useState<readonly Question[]>([]);
  const [note, setNote] = useState('');
  const [announcement, setAnnouncement] = useState('');
  const hasMoved = useRef(false);
  const [secret] = secrets;
  const [question] = questions;
  const onSignedOut = useRef(properties.onSignedOut);
  onSignedOut.current = properties.onSignedOut;

  const say = useMemo(() => createSay(language, texts), [language, texts]);
  const formats = useMemo(() => createFormats(language), [language]);
  // Hosts may give another function at each of their renderings: that is the same person, and no reason to begin anew.
  const tokenSource = useRef(getToken);
  tokenSource.current = getToken;
  const hasTokens = getToken !== null;
  const client = useMemo(
    () =>
      new AdminClient(base, hasTokens ? async () => (await tokenSource.current?.()) ?? '' : null, {
        onSignedOut: () => onSignedOut.current(),
        askForCode: (problem) =>
          new Promise((resolve) => {
            const added: Question = {
              problem,
              answer: (code) => {
                setQuestions((waiting) => waiting.filter((each) => each !== added));
                resolve(code);
              },
            };
            setQuestions((waiting) => [...waiting, added]);
          }),
      }),
    [base, hasTokens],
  );
  const caller = useLoad(client, (signal) => loadCaller(client, signal));
  const isKnown = caller.value !== null;
  // What the list says of the plan may have changed since the person went elsewhere.
  const { reload: reloadCaller } = caller;
  const { maxKeys = null, credits = null } = caller.value?.plan ?? {};
  const isSpent = maxKeys !== null || credits !== null;
  useEffect(() => {
    if (place.view === 'list' && hasMoved.current && isSpent) reloadCaller();
  }, [place.view, isSpent, reloadCaller]);

  const forgetFirst = useCallback(() => {
    setSecrets(([shown, ...others]) => {
      shown?.forget();
      return others;
    });
  }, []);
  const forgetAll = useCallback(() => {
    setSecrets((shown) => {
      for (const each of shown) each.forget();
      return [];
    });
  }, []);

  const go = useCallback(
    (next: Place) => {
      hasMoved.current = true;
      setNote('');
      if (hasHash && location.hash !== toHash(next)) location.hash = toHash(next);
      setPlace(next);
    },
    [hasHash],
  );

  useEffect(() => {
    if (!hasHash) return;
    const follow = (): void => {
      const next = parseHash(location.hash);
      setPlace((now) => {
        if (toHash(now) === toHash(next)) return now;
        hasMoved.current = true;
        forgetAll();
        setNote('');
        return next;
      });
    };
    globalThis.addEventListener('hashchange', follow);
    return () => globalThis.removeEventListener('hashchange', follow);
  }, [hasHash, forgetAll]);

  const surroundings = useMemo<Surroundings>(
    () => ({
      ...{ client, say, formats, resources, exampleUrl, go },
      caller: caller.value ?? unknownCaller,
      hrefOf: (target) => (hasHash ? toHash(target) : null),
      hasMoved: () => hasMoved.current,
      showSecret: (added) => setSecrets((shown) => [...shown, added]),
      showNote: setNote,
      announce: setAnnouncement,
    }),
    [client, say, formats, resources, exampleUrl, go, caller.value, hasHash],
  );

  return (
    <SurroundingsContext.Provider value={surroundings}>
      <div class="app" part="app" lang={language}>
        {note !== '' && (
          <p class="notice warn" role="alert">
            {note}
          </p>
        )}
        {isKnown || caller.isLoading ? (
          <>
            {caller.value?.kind === 'admin' && <AdminNav place={place} />}
            {!isKnown && <Loading />}
            {(isKnown || isForAll(place)) && (
              <div class="place" hidden={!isKnown}>
                <View key={`${base} ${hasTokens}`} place={place} />
              </div>
            )}
          </>
        ) : (
          <LoadTrouble error={caller.error} onRetry={caller.reload} />
        )}
        {secret !== undefined && (
          <SecretOnce key={secret.number} secret={secret} onDone={forgetFirst} onLeave={forgetAll} />
        )}
        {question !== undefined && (
          <StepUpDialog
            key={question.problem.problem.challengeId}
            problem={question.problem}
            say={say}
            onAnswer={question.answer}
          />
        )}
        <div class="visually-hidden" role="status" aria-live="polite">
          {announcement}
        </div>
      </div>
    </SurroundingsContext.Provider>
  );
}

const adminViewsByName = {
  owners: OwnerList,
  posture: PostureList,
  access: AccessLog,
  audit: AuditLog,
  plans: PlanImpactView,
  status: InstanceStatusView,
} as const satisfies Readonly<Record<AdminView, () => JSX.Element>>;

/** Whether a view asks for the same, whoever is signed in: then it can do so before that is known. */
function isForAll({ view }: Place): boolean {
  return view === 'list' || view === 'key';
}

function View({ place }: { place: Place }): JSX.Element {
  const { caller } = useSurroundings();
  if (place.view === 'key') return <KeyPage key={place.id} id={place.id} />;
  if (place.view === 'create') return <CreateKey />;
  // The router would refuse what the views of admins ask for.
  if (caller.kind !== 'admin' || place.view === 'list') return <KeyList />;
  if (place.view === 'owner') return <OwnerPage key={place.id} id={place.id} />;
  const { [place.view]: AdminView } = adminViewsByName;
  return <AdminView />;
}
