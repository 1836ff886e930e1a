// @ts-check
'use strict';
const { EventEmitter } = require('node:events');
const threads = require('node:worker_threads');

const { Worker } = threads;

/** A thread, and the instance whose it is at present. @typedef {{ worker: threads.Worker, owner: WarmThread | null }} Lent */

/**
 * Threads that were terminated while they had nothing to do, by what they run: the next instance of a test takes one of them. Each starts
 * with a compiler that has seen none of its code, so the first hash of a new thread takes several times as long as the others.
 * @type {Map<string, Lent[]>}
 */
const idle = new Map();

/**
 * A thread that runs a source and answers each message with one. For the code that starts it, it is a new one in everything but its
 * speed: it says first that it has started, and it exits when it is terminated.
 */
class WarmThread extends EventEmitter {
  #kind;
  /** @type {Lent | null} */
  #lent;
  #unanswered = 0;

  /** @param {string} source @param {threads.WorkerOptions} options */
  constructor(source, options) {
    super();
    this.#kind = JSON.stringify([source, options]);
    const known = idle.get(this.#kind)?.pop();
    this.#lent = known ?? lend(new Worker(source, options));
    this.#lent.owner = this;
    // Of a new one, the message with which it starts is not an answer.
    if (known === undefined) this.#unanswered = 1;
    else process.nextTick(() => this.emit('message', 'started'));
  }

  /** @param {unknown} message */
  postMessage(message) {
    this.#unanswered += 1;
    this.#lent?.worker.postMessage(message);
  }

  ref() {
    this.#lent?.worker.ref();
  }

  unref() {
    this.#lent?.worker.unref();
  }

  /** @returns {Promise<number>} */
  async terminate() {
    const lent = this.#lent;
    if (lent === null) return 0;
    if (this.#unanswered > 0) return lent.worker.terminate();
    lent.owner = null;
    lent.worker.unref();
    idle.set(this.#kind, [...(idle.get(this.#kind) ?? []), lent]);
    this.end(1);
    return 1;
  }

  /** @param {unknown} message of the thread */
  take(message) {
    this.#unanswered -= 1;
    this.emit('message', message);
  }

  /** @param {number} code with which the thread exits */
  end(code) {
    this.#lent = null;
    this.emit('exit', code);
  }
}

/** @param {threads.Worker} worker */
function lend(worker) {
  /** @type {Lent} */
  const lent = { worker, owner: null };
  // The listeners stay: without any, the port of a thread stops.
  worker
    .on('message', (message) => lent.owner?.take(message))
    .on('error', (error) => lent.owner?.emit('error', error))
    .on('exit', (code) => lent.owner?.end(code));
  return lent;
}

/** @param {string | URL} source @param {threads.WorkerOptions} [options] */
function startThread(source, options) {
  const isWarm = typeof source === 'string' && options?.eval === true;
  return isWarm ? new WarmThread(source, options) : new Worker(source, options);
}

/**
 * Lets code that starts threads take warm ones, or not.
 * @param {boolean} isWanted
 */
function useWarmThreads(isWanted) {
  // A constructor that returns an object: `new` gives that object.
  threads.Worker = /** @type {typeof Worker} */ (/** @type {unknown} */ (isWanted ? startThread : Worker));
}

module.exports = { useWarmThreads };
