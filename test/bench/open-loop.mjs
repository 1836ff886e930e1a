// @ts-check
// Sends requests at a fixed rate, whether or not the earlier ones were answered: as users do, who do not wait for each
// other. A request's latency counts from the moment at which it was due.
//   process.send / process.on('message'): a plan in, latencies out
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

/**
 * @typedef {object} Stream
 * @property {string} url
 * @property {string} keyFile
 * @property {number} expect
 * @property {number} perSecond
 */
/** @typedef {{ streams: Stream[], seconds: number, connections: number }} Plan */
/** @typedef {{ latenciesMicros: number[], wrongAnswers: number }} StreamResult what was never answered counts as wrong */

/** How long the last answers are waited for. */
const patienceSeconds = 5;

/** A keep-alive connection that carries one request at a time. @param {URL} url @param {() => void} onIdle */
function openConnection(url, onIdle) {
  const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
  /** @type {((status: number) => void) | undefined} */
  let answered;
  let received = '';
  socket.on('connect', onIdle);
  socket.on('error', () => answered?.(0));
  socket.setEncoding('latin1').on('data', (/** @type {string} */ text) => {
    received += text;
    const bodyAt = received.indexOf('\r\n\r\n') + 4;
    if (bodyAt === 3) return;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(received)?.[1] ?? 0);
    if (received.length < bodyAt + length) return;
    const status = Number(received.slice(9, 12));
    received = '';
    answered?.(status);
    onIdle();
  });
  return {
    /** @param {string} request @param {(status: number) => void} done */
    send(request, done) {
      answered = done;
      socket.write(request);
    },
    close: () => socket.destroy(),
  };
}

/** @param {Stream} stream @returns {() => string} the next request, with the next key */
function requestsOf({ url, keyFile }) {
  const keys = readFileSync(keyFile, 'utf8').trimEnd().split('\n');
  const { host, pathname } = new URL(url);
  let at = Math.floor(Math.random() * keys.length);
  return () => {
    at = (at + 1) % keys.length;
    return `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nX-Api-Key: ${keys[at]}\r\n\r\n`;
  };
}

/**
 * Weaves streams evenly: each gets a turn as soon as it is due.
 * @template {{ perSecond: number }} T
 * @param {readonly T[]} streams
 * @param {number} count
 * @returns {T[]}
 */
function weave(streams, count) {
  const total = streams.reduce((sum, { perSecond }) => sum + perSecond, 0);
  const credits = streams.map((stream) => ({ stream, credit: 0 }));
  return Array.from({ length: count }, () => {
    for (const each of credits) each.credit += each.stream.perSecond / total;
    const next = credits.reduce((most, each) => (each.credit > most.credit ? each : most));
    next.credit -= 1;
    return next.stream;
  });
}

/** @param {Plan} plan @returns {Promise<StreamResult[]>} in the order of the streams */
async function run({ streams, seconds, connections }) {
  const perSecond = streams.reduce((sum, stream) => sum + stream.perSecond, 0);
  const sources = streams.map((stream) => ({
    ...stream,
    next: requestsOf(stream),
    due: 0,
    latenciesMicros: /** @type {number[]} */ ([]),
    wrongAnswers: 0,
  }));
  const order = weave(sources, perSecond * seconds);

  /** @type {ReturnType<typeof openConnection>[]} */
  const idle = [];
  /** @type {{ source: (typeof sources)[number], dueAt: number }[]} */
  const waiting = [];
  let answers = 0;
  function pump() {
    while (idle.length > 0) {
      const request = waiting.shift();
      if (request === undefined) return;
      const { source, dueAt } = request;
      idle.pop()?.send(source.next(), (status) => {
        answers += 1;
        source.latenciesMicros.push((performance.now() - dueAt) * 1000);
        if (status !== source.expect) source.wrongAnswers += 1;
      });
    }
  }
  const url = new URL(streams[0]?.url ?? '');
  const pool = Array.from({ length: connections }, () => {
    const connection = openConnection(url, () => {
      idle.push(connection);
      pump();
    });
    return connection;
  });

  await new Promise((resolve) => setTimeout(resolve, 50));
  const start = performance.now();
  const deadline = start + (seconds + patienceSeconds) * 1000;
  let sent = 0;
  await new Promise((resolve) => {
    // Timers are too coarse for this: the loop turns until the next request is due.
    const turn = () => {
      const now = performance.now();
      for (let source = order[sent]; source !== undefined; source = order[sent]) {
        const dueAt = start + (sent * 1000) / perSecond;
        if (dueAt > now) break;
        source.due += 1;
        waiting.push({ source, dueAt });
        sent += 1;
      }
      pump();
      if (answers === order.length || now > deadline) resolve(undefined);
      else setImmediate(turn);
    };
    turn();
  });
  for (const connection of pool) connection.close();
  return sources.map(({ due, latenciesMicros, wrongAnswers }) => ({
    latenciesMicros,
    wrongAnswers: wrongAnswers + due - latenciesMicros.length,
  }));
}

process.on('message', (plan) => {
  void run(/** @type {Plan} */ (plan)).then((results) => process.send?.(results));
});
