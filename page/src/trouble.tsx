import type { JSX } from 'preact';
import { CancelledError, OfflineError, ProblemError, type FieldProblem } from './admin-client.js';
import { useSurroundings } from './context.js';
import { translateFieldMessage } from './field-messages-german.js';
import { getFieldName } from './field-name.js';
import type { Say } from './texts.js';
import { english, type TextName } from './texts-english.js';

export interface Described {
  readonly title: string;
  readonly sentences: readonly string[];
}

/** A failure in words: the sentence of the problem, and what to do. @param isChange - whether something was to be changed */
export function describeTrouble(error: unknown, say: Say, isChange: boolean): Described {
  if (error instanceof OfflineError) {
    return { title: say('offlineTitle'), sentences: [say(isChange ? 'offlineChange' : 'offlineHint')] };
  }
  if (!(error instanceof ProblemError)) return { title: say('errorTitle'), sentences: [say('errorHint')] };
  const fields = error.problem.fields.map((each) => describeField(each, say));
  const told = fields.length > 0 ? fields : toSentence(error, say);
  if (error.problem.status === 401)
    return { title: say('signedOutTitle'), sentences: [say('signedOutHint')] };
  if (error.problem.status === 403) return { title: say('deniedTitle'), sentences: told };
  if (error.problem.status === 404) return { title: say('notFoundTitle'), sentences: [say('notFoundHint')] };
  if (error.problem.status === 503 || error.problem.status === 429) {
    const { retryAfterSeconds: seconds } = error.problem;
    const hint = seconds === null ? say('unavailableHint') : say('unavailableIn', { seconds });
    return { title: say('unavailableTitle'), sentences: [...told, hint] };
  }
  return { title: say('errorTitle'), sentences: told.length > 0 ? told : [say('errorHint')] };
}

/** What is wrong about a field, as the router says it: in the language of the page where that is known, otherwise in English. */
function describeField({ field, message }: FieldProblem, say: Say): string {
  const known = say.isTranslated ? translateFieldMessage(message) : null;
  return `${getFieldName(field, say)}: ${known ?? message}`;
}

/** The sentence of the router; in another language than its own, that of its code. */
export function toSentence({ message, problem: { code } }: ProblemError, say: Say): readonly string[] {
  const name = `code-${code}`;
  if (say.isTranslated && Object.hasOwn(english, name)) return [say(name as TextName)];
  return message === '' ? [] : [message];
}

/** A view, or a part of one, that could not be loaded. */
export function LoadTrouble({ error, onRetry }: { error: unknown; onRetry: () => void }): JSX.Element {
  const { say } = useSurroundings();
  const { title, sentences } = describeTrouble(error, say, false);
  return (
    <div class="notice bad" role="alert" part="notice">
      <strong>{title}</strong>
      {sentences.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
      <button type="button" class="button" onClick={onRetry}>
        {say('tryAgain')}
      </button>
    </div>
  );
}

/** Why a change was not made, beside the button that was to make it. */
export function ChangeTrouble({ error }: { error: unknown }): JSX.Element | null {
  const { say } = useSurroundings();
  if (error === null || error instanceof CancelledError) return null;
  const { title, sentences } = describeTrouble(error, say, true);
  return (
    <div class="notice bad" role="alert" part="notice">
      <strong>{title}</strong>
      {sentences.map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
    </div>
  );
}

export function Loading(): JSX.Element {
  const { say } = useSurroundings();
  return (
    <div class="loading" role="status">
      <span class="visually-hidden">{say('loading')}</span>
      <i aria-hidden="true" />
      <i aria-hidden="true" />
      <i aria-hidden="true" />
    </div>
  );
}
