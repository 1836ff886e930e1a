import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { useSurroundings } from './context.js';
import { Modal } from './modal.js';
import type { NewSecret } from './new-secret.js';
import { saveFile, toFileName } from './save-file.js';

/**
 * Shows a new secret, once. The secret is written into the document by hand and removed by hand, before the browser keeps the page
 * for "back": what a renderer does later would be too late.
 */
export function SecretOnce({
  secret,
  onDone,
  onLeave,
}: {
  secret: NewSecret;
  onDone: () => void;
  /** The page is left: no secret may be in it when it comes back. */
  onLeave: () => void;
}): JSX.Element {
  const { say, announce } = useSurroundings();
  const [isStored, setStored] = useState(false);
  const [told, setTold] = useState('');
  const shown = useRef<HTMLOutputElement>(null);
  const curl = useRef<HTMLElement>(null);
  const composeCurl = useCurlLine();

  useLayoutEffect(() => {
    const places = [shown.current, curl.current];
    if (shown.current !== null) shown.current.textContent = secret.value;
    if (curl.current !== null) curl.current.textContent = composeCurl(secret.value ?? '');
    return () => {
      for (const place of places) place?.replaceChildren();
    };
  }, []);

  useEffect(() => {
    const leave = (): void => {
      shown.current?.replaceChildren();
      curl.current?.replaceChildren();
      secret.forget();
      onLeave();
    };
    globalThis.addEventListener('pagehide', leave);
    return () => globalThis.removeEventListener('pagehide', leave);
  }, []);

  function close(): void {
    announce(say('onceGone'));
    onDone();
  }

  async function copy(text: string, place: HTMLElement | null): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      setTold(say('copied'));
    } catch {
      // Without HTTPS, or where the browser does not allow it.
      if (place !== null) getSelection()?.selectAllChildren(place);
      setTold(say('copyFailed'));
    }
  }

  return (
    <Modal title={say('onceTitle')} onClose={close} isSafe={isStored}>
      <div class="notice warn" role="note">
        <strong>{say('onceWarning')}</strong>
        <p>{say('onceKeep')}</p>
      </div>
      <p class="label">{secret.keyName}</p>
      <div class="secret">
        <output ref={shown} aria-label={say('secret')} translate={false} part="secret" />
        <button
          type="button"
          class="button primary"
          onClick={() => void copy(secret.value ?? '', shown.current)}
        >
          {say('copy')}
        </button>
      </div>
      <div class="actions">
        <button
          type="button"
          class="button"
          onClick={() => setTold(say('downloaded', { file: save(secret) }))}
        >
          {say('download')}
        </button>
      </div>
      <h3>{say('tryIt')}</h3>
      <pre class="command" tabIndex={0} aria-label={say('tryIt')}>
        <code ref={curl} translate={false} />
      </pre>
      <div class="actions">
        <button
          type="button"
          class="button"
          onClick={() => void copy(composeCurl(secret.value ?? ''), curl.current)}
        >
          {say('copyCurl')}
        </button>
      </div>
      <p class="told" role="status">
        {told}
      </p>
      <div class="actions end">
        <label class="check">
          <input
            type="checkbox"
            checked={isStored}
            onChange={({ currentTarget }) => setStored(currentTarget.checked)}
          />
          <span>{say('stored')}</span>
        </label>
        <button type="button" class="button primary" disabled={!isStored} onClick={close}>
          {say('done')}
        </button>
      </div>
    </Modal>
  );
}

/** Composes a command that calls a route with the key: one of the app, or the route of the router that shows a key to its holder. */
function useCurlLine(): (key: string) => string {
  const { client, caller, exampleUrl } = useSurroundings();
  const url = exampleUrl || new URL(`${client.base}/self`, document.baseURI).href;
  const { name, prefix } = caller.credentialHeaders[0] ?? { name: 'X-API-Key', prefix: '' };
  return (key) => `curl -H '${name}: ${prefix}${key}' '${url.replaceAll("'", '%27')}'`;
}

/** Saves the key as a line of a `.env` file. @returns the name of the file */
function save(secret: NewSecret): string {
  const file = `${toFileName(secret.keyName) || 'api-key'}.env`;
  saveFile(file, [`API_KEY=${secret.value ?? ''}\n`], 'text/plain');
  return file;
}
