import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** What happens to the bytes that pass. */
export type ProxyMode =
  | { readonly kind: 'pass' }
  /** Each piece waits this long, in milliseconds; the order stays. */
  | { readonly kind: 'delay'; readonly toServerMs: number; readonly toClientMs: number }
  /** Nothing is forwarded and nothing is closed; what was held goes on, late, with the next mode. */
  | { readonly kind: 'black-hole' }
  /** Connections that exist are reset, new ones are reset as soon as they come. */
  | { readonly kind: 'refuse' }
  /** One byte a second to the client. */
  | { readonly kind: 'trickle' }
  /** So many bytes of each reply, then a reset. */
  | { readonly kind: 'cut'; readonly afterBytes: number }
  /** Random bytes in place of each reply. */
  | { readonly kind: 'garbage' };

/** What a proxy did, so that a test can prove that the fault happened. */
export interface ProxyCounts {
  connections: number;
  resets: number;
  delayed: number;
  held: number;
  trickled: number;
  cut: number;
  garbled: number;
  stalled: number;
}

/** A TCP proxy on 127.0.0.1 in front of a server. */
export interface TcpProxy {
  readonly port: number;
  readonly counts: Readonly<ProxyCounts>;
  set(mode: ProxyMode): void;
  /** Resets every connection once; new ones are let through as the mode says. */
  resetAll(): void;
  /** New connections go to another port; those that exist stay where they are. */
  connectTo(port: number): void;
  /**
   * Holds up one connection, once: the next request that matches, or what is answered to it. Resolves when it passes.
   * All other connections go on.
   */
  stallOnce(what: 'request' | 'reply', matching: RegExp, milliseconds: number): Promise<void>;
  /** Hears of every piece that a client sends, before it is forwarded. */
  onRequest(listener: (piece: Buffer) => void): void;
  close(): Promise<void>;
}

type Direction = 'to server' | 'to client';

interface Stall {
  readonly what: 'request' | 'reply';
  readonly matching: RegExp;
  readonly milliseconds: number;
  readonly begin: () => void;
}

/** Starts a proxy on a free port. */
export async function startTcpProxy(target: { port: number; host?: string }): Promise<TcpProxy> {
  const counts: ProxyCounts = {
    connections: 0,
    resets: 0,
    delayed: 0,
    held: 0,
    trickled: 0,
    cut: 0,
    garbled: 0,
    stalled: 0,
  };
  let mode: ProxyMode = { kind: 'pass' };
  let { port: targetPort } = target;
  const lanes = new Set<Lane>();
  const clients = new Set<Socket>();
  const listeners: ((piece: Buffer) => void)[] = [];
  const stalls = new Set<Stall>();

  function reset(socket: Socket): void {
    if (socket.destroyed) return;
    counts.resets += 1;
    socket.resetAndDestroy();
  }

  /** One direction of one connection. */
  class Lane {
    readonly #source: Socket;
    readonly #sink: Socket;
    readonly #direction: Direction;
    readonly #queue: { bytes: Buffer; due: number }[] = [];
    #timer: NodeJS.Timeout | undefined;
    #hasEnded = false;
    #stalledUntil = 0;
    /** The other direction of the same connection. */
    peer: Lane | undefined;

    constructor(source: Socket, sink: Socket, direction: Direction) {
      this.#source = source;
      this.#sink = sink;
      this.#direction = direction;
      source.on('data', (bytes: Buffer) => this.#take(bytes));
      source.on('end', () => {
        this.#hasEnded = true;
        this.pump();
      });
    }

    #take(bytes: Buffer): void {
      if (this.#direction === 'to server') {
        for (const listener of listeners) listener(bytes);
        this.#stallIfMatching(bytes);
      }
      let delay = 0;
      if (mode.kind === 'delay') {
        delay = this.#direction === 'to server' ? mode.toServerMs : mode.toClientMs;
        if (delay > 0) counts.delayed += 1;
      }
      if (mode.kind === 'black-hole') counts.held += 1;
      this.#queue.push({ bytes, due: performance.now() + delay });
      this.pump();
    }

    #stallIfMatching(bytes: Buffer): void {
      for (const stall of stalls) {
        if (!stall.matching.test(bytes.toString('latin1'))) continue;
        stalls.delete(stall);
        counts.stalled += 1;
        const lane = stall.what === 'request' ? this : this.peer;
        if (lane !== undefined) lane.#stalledUntil = performance.now() + stall.milliseconds;
        stall.begin();
      }
    }

    /** Forwards what may go now, and comes back for the rest. */
    pump(): void {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      while (mode.kind !== 'black-hole' && !this.#sink.destroyed) {
        const piece = this.#queue[0];
        if (piece === undefined) {
          if (this.#hasEnded) this.#sink.end();
          return;
        }
        const wait = Math.max(piece.due, this.#stalledUntil) - performance.now();
        if (wait > 0) return this.#comeBack(wait);
        if (this.#direction === 'to client' && mode.kind === 'trickle') {
          counts.trickled += 1;
          this.#sink.write(piece.bytes.subarray(0, 1));
          piece.bytes = piece.bytes.subarray(1);
          piece.due = performance.now() + 1_000;
          if (piece.bytes.length === 0) this.#queue.shift();
          return this.#comeBack(1_000);
        }
        this.#queue.shift();
        this.#forward(piece.bytes);
      }
    }

    #forward(bytes: Buffer): void {
      if (this.#direction === 'to client' && mode.kind === 'garbage') {
        counts.garbled += 1;
        this.#sink.write(randomBytes(bytes.length));
      } else if (this.#direction === 'to client' && mode.kind === 'cut') {
        counts.cut += 1;
        const [client, upstream] = [this.#sink, this.#source];
        client.write(bytes.subarray(0, mode.afterBytes));
        // Resetting at once would discard what was written.
        setTimeout(() => {
          reset(client);
          upstream.resetAndDestroy();
        }, 5);
      } else {
        this.#sink.write(bytes);
      }
    }

    #comeBack(milliseconds: number): void {
      this.#timer = setTimeout(() => this.pump(), milliseconds);
    }

    stop(): void {
      clearTimeout(this.#timer);
      lanes.delete(this);
    }
  }

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    counts.connections += 1;
    client.on('error', () => undefined);
    if (mode.kind === 'refuse') {
      reset(client);
      return;
    }
    const upstream = connect({
      port: targetPort,
      host: target.host ?? '127.0.0.1',
      allowHalfOpen: true,
      noDelay: true,
    });
    clients.add(client);
    const toServer = new Lane(client, upstream, 'to server');
    const own = [toServer, (toServer.peer = new Lane(upstream, client, 'to client'))];
    for (const lane of own) lanes.add(lane);
    const end = (): void => {
      for (const lane of own) lane.stop();
      clients.delete(client);
    };
    upstream.on('error', () => reset(client));
    upstream.on('close', (hadError) => {
      end();
      if (!hadError) client.destroy();
    });
    client.on('close', (hadError) => {
      end();
      if (hadError) upstream.resetAndDestroy();
      else upstream.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();

  const resetAll = (): void => {
    for (const client of clients) reset(client);
  };

  return {
    port: (server.address() as AddressInfo).port,
    counts,
    set(next) {
      mode = next;
      if (mode.kind === 'refuse') resetAll();
      for (const lane of lanes) lane.pump();
    },
    resetAll,
    connectTo: (port) => void (targetPort = port),
    stallOnce: (what, matching, milliseconds) =>
      new Promise((begin) => stalls.add({ what, matching, milliseconds, begin })),
    onRequest: (listener) => void listeners.push(listener),
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const client of clients) client.destroy();
      await closed;
    },
  };
}
