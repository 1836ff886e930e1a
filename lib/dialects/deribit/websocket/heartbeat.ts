/** What a heartbeat does to its connection. */
export interface HeartbeatEvents {
  /** Sends a notification. */
  readonly notify: (type: 'heartbeat' | 'test_request') => void;
  /** The client has not answered a `test_request`. */
  readonly onSilence: () => void;
}

/**
 * The heartbeat of one connection: after an interval in which the client has sent something a `heartbeat`, otherwise a
 * `test_request`, which the client has to answer within the next interval.
 */
export class Heartbeat {
  readonly #events: HeartbeatEvents;
  #timer: NodeJS.Timeout | undefined;
  #hasHeard = true;
  #isAsked = false;

  constructor(events: HeartbeatEvents) {
    this.#events = events;
  }

  /** The client has sent a request. */
  hear(): void {
    this.#hasHeard = true;
  }

  start(seconds: number): void {
    this.stop();
    this.#timer = setInterval(() => this.#beat(), seconds * 1000).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#hasHeard = true;
    this.#isAsked = false;
  }

  #beat(): void {
    if (this.#isAsked && !this.#hasHeard) {
      this.#events.onSilence();
      return;
    }
    this.#isAsked = !this.#hasHeard;
    this.#hasHeard = false;
    this.#events.notify(this.#isAsked ? 'test_request' : 'heartbeat');
  }
}
