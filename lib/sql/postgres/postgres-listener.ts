import { setTimeout as sleep } from 'node:timers/promises';

/** The part of a `pg.Client` that is used here. */
export interface PgListenerClient {
  connect(): Promise<unknown>;
  query(text: string): Promise<{ readonly rows: readonly unknown[] }>;
  end(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  on(event: 'notification', listener: (message: { readonly payload?: string | undefined }) => void): unknown;
  unref?(): void;
  /** Missing in the native client. */
  readonly connection?: { readonly stream?: Partial<ListenerSocket> };
}

interface ListenerSocket {
  setKeepAlive(enable: boolean, initialDelayMs: number): unknown;
  destroy(): unknown;
}

/** The events of {@link listen}. */
export interface ListenerEvents {
  /** Called with the sequence number that a change notified on its commit. */
  onNumber(sequence: number): void;
  /** Called once, also when connecting failed. */
  onLost(): void;
}

/** A listening connection. */
export interface PostgresListener {
  /** Rejects when it cannot listen. */
  readonly ready: Promise<void>;
  /**
   * The sequence number of the last change, read on this connection; `null` when this user lacks the privilege.
   * Rejects when there is no reply.
   */
  ask(): Promise<number | null>;
  /** Ends the connection; settles soon even if the server does not respond. */
  end(): Promise<void>;
}

/** How long connecting, or the reply to one statement, may take, in milliseconds. */
const timeoutMs = 2_000;
/** How long a connection may take to close, in milliseconds. */
const farewellMs = 200;

/**
 * Listens on one connection. Errors end it and are reported by `onLost` only; it keeps no process alive.
 *
 * @param schema - and `channel`: lower-case letters, digits and `_`
 */
export function listen(
  client: PgListenerClient,
  channel: string,
  schema: string,
  { onNumber, onLost }: ListenerEvents,
): PostgresListener {
  let isLost = false;
  const lose = (): void => {
    if (isLost) return;
    isLost = true;
    onLost();
  };
  client.on('error', lose);
  client.on('end', lose);
  client.on('notification', ({ payload }) => onNumber(Number(payload)));

  const ready = settleSoon(connect());
  ready.catch(lose);

  async function connect(): Promise<void> {
    const connecting = client.connect();
    client.unref?.();
    await connecting;
    // With TLS, the socket has been replaced.
    client.unref?.();
    client.connection?.stream?.setKeepAlive?.(true, 10_000);
    await client.query(`listen "${channel}"`);
  }

  return {
    ready,
    async ask() {
      try {
        const { rows } = await settleSoon(client.query(`select sequence::text from "${schema}".audit_head`));
        return Number((rows as readonly { readonly sequence: string }[])[0]?.sequence);
      } catch (error) {
        // Any reply proves that the connection works.
        if (isAnswer(error)) return null;
        lose();
        throw error;
      }
    },
    async end() {
      isLost = true;
      const ended = client.end().catch(() => undefined);
      await Promise.race([ended, sleep(farewellMs, undefined, { ref: false })]);
      client.connection?.stream?.destroy?.();
    },
  };
}

/** Only the server's own errors have a severity. */
function isAnswer(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'severity' in error;
}

/** Rejects after the timeout. The timer keeps no process alive. */
function settleSoon<T>(work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`PostgreSQL did not answer within ${timeoutMs} ms`)),
      timeoutMs,
    ).unref();
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
