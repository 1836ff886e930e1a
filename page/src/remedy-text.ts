import type { PostureItem } from './records.js';
import type { TextName } from './texts-english.js';

export interface RemedyText {
  readonly action: TextName;
  readonly title: TextName;
  readonly intro: TextName;
  readonly done: TextName;
}

/** What the call that mends something is called, and what it does. */
export function chooseRemedyText({ remedy: { command, body }, reason }: PostureItem): RemedyText {
  if (command === 'revoke') {
    return { action: 'revoke', title: 'revokeTitle', intro: 'revokeIntro', done: 'revokedDone' };
  }
  if (command === 'rotate') {
    return {
      action: 'endOldSecrets',
      title: 'endOldSecretsTitle',
      intro: reason === 'old_secret_used' ? 'endUsedSecretIntro' : 'endOldSecretsIntro',
      done: 'rotatedDone',
    };
  }
  const title = 'mendTitle';
  if (reason === 'exceeds_plan') {
    return { action: 'fitPlan', title, intro: 'mendIntro', done: 'updatedDone' };
  }
  const action = reason === 'expires_soon' ? 'extendEnd' : 'expiresAt' in body ? 'setEnd' : 'narrowScopes';
  return { action, title, intro: 'mendIntro', done: 'updatedDone' };
}
