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
/** @typedef {{ latenciesMicros: number[], wrongAnswers: number }} StreamResult */

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

/** @param {Plan} plan @returns {Promise<StreamResult[]>} in the order of the streams */
async function run({ streams, seconds, connections }) {
  const [{ url }] = streams;
  const results = streams.map(() => ({ latenciesMicros: [], wrongAnswers: 0 }));
  const total = streams.reduce((sum, { perSecond }) => sum + perSecond, 0);
  const sources = streams.map((stream) => {
    const keys = readFileSync(stream.keyFile, 'utf8').trimEnd().split('\n');
    let at = Math.floor(Math.random() * keys.length);
    const { host, pathname } = new URL(stream.url);
    return () => {
      at = (at + 1) % keys.length;
      return `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nX-Api-Key: ${keys[at]}\r\n\r\n`;
    };
  });
  /** The streams are woven evenly: each gets a turn as soon as it is due. @type {number[]} */
  const order = [];
  const credit = streams.map(() => 0);
  for (let index = 0; index < total * seconds; index += 1) {
    streams.forEach(({ perSecond }, stream) => (credit[stream] += perSecond / total));
    const next = credit.indexOf(Math.max(...credit));
    credit[next] -= 1;
    order.push(next);
  }

  const idle = [];
  /** @type {{ stream: number, dueAt: number }[]} */
  const waiting = [];
  let answers = 0;
  const pool = Array.from({ length: connections }, () => {
    const connection = openConnection(new URL(url), () => {
      idle.push(connection);
      pump();
    });
    return connection;
  });
  function pump() {
    while (idle.length > 0 && waiting.length > 0) {
      const { stream, dueAt } = waiting.shift();
      const { expect } = streams[stream];
      idle.pop().send(sources[stream](), (status) => {
        answers += 1;
        results[stream].latenciesMicros.push((performance.now() - dueAt) * 1000);
        if (status !== expect) results[stream].wrongAnswers += 1;
      });
    }
  }

  await new Promise((resolve) => setTimeout(resolve, 50));
  const start = performance.now();
  let sent = 0;
  const deadline = start + seconds * 1000 + 5000;
  await new Promise((resolve) => {
    // Timers are too coarse for this: the loop turns until the next request is due.
    const turn = () => {
      const now = performance.now();
      while (sent < order.length && start + (sent * 1000) / total <= now) {
        waiting.push({ stream: order[sent], dueAt: start + (sent * 1000) / total });
        sent += 1;
      }
      pump();
      if (answers === order.length || now > deadline) resolve(undefined);
      else setImmediate(turn);
    };
    turn();
  });
  // What was never answered counts as wrong.
  order.forEach((stream) => (results[stream].due = (results[stream].due ?? 0) + 1));
  for (const connection of pool) connection.close();
  return results.map(({ due = 0, latenciesMicros, wrongAnswers }) => ({
    latenciesMicros,
    wrongAnswers: wrongAnswers + due - latenciesMicros.length,
  }));
}

process.on('message', (plan) => void run(plan).then((results) => process.send?.(results)));
