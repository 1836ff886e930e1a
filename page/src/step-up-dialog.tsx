import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ProblemError } from './admin-client.js';
import { Modal } from './modal.js';
import type { Say } from './texts.js';
import { toSentence } from './trouble.js';

/** Asks for the code of a second factor, with the sentence of the router: required, wrong, used or expired. */
export function StepUpDialog({
  problem,
  say,
  onAnswer,
}: {
  problem: ProblemError;
  say: Say;
  onAnswer: (code: string | null) => void;
}): JSX.Element {
  const [code, setCode] = useState('');
  return (
    <Modal title={say('stepUpTitle')} onClose={() => onAnswer(null)}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (code.trim() !== '') onAnswer(code.trim());
        }}
      >
        <p role={problem.problem.code === 'step_up_required' ? undefined : 'alert'}>
          {toSentence(problem, say)}
        </p>
        <label class="field">
          <span>{say('stepUpCode')}</span>
          <input
            class="code"
            autocomplete="one-time-code"
            inputMode="numeric"
            required
            autofocus
            value={code}
            onInput={({ currentTarget }) => setCode(currentTarget.value)}
          />
        </label>
        <div class="actions">
          <button class="button primary">{say('stepUpSend')}</button>
          <button type="button" class="button" onClick={() => onAnswer(null)}>
            {say('cancel')}
          </button>
        </div>
      </form>
    </Modal>
  );
}
