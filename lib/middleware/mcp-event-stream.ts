/** Ends an event: two line ends in a row (HTML Standard, "Parsing an event stream"). */
const eventEnd = /(?:\r\n|\r(?!\n)|\n)(?:\r\n|\r(?!\n)|\n)/;
const lineEnd = /\r\n|\r|\n/;

/** Rewrites the data of server-sent events on their way, event by event. All else, comments as well, passes as it is. */
export class McpEventStream {
  readonly #rewrite: (data: string) => string;
  readonly #decoder = new TextDecoder();
  /** The beginning of an event whose end has not been written yet. */
  #pending = '';

  /** @param rewrite - returns what is sent in place of the data of an event */
  constructor(rewrite: (data: string) => string) {
    this.#rewrite = rewrite;
  }

  /** Returns what can be sent now: whole events. */
  write(chunk: Uint8Array): string {
    this.#pending += this.#decoder.decode(chunk, { stream: true });
    let sent = '';
    for (let end = eventEnd.exec(this.#pending); end !== null; end = eventEnd.exec(this.#pending)) {
      const length = end.index + end[0].length;
      // A line feed may follow that belongs to the carriage return.
      if (length === this.#pending.length && this.#pending.endsWith('\r')) break;
      sent += this.#rewriteEvent(this.#pending.slice(0, end.index)) + end[0];
      this.#pending = this.#pending.slice(length);
    }
    return sent;
  }

  #rewriteEvent(event: string): string {
    const lines = event.split(lineEnd);
    const data = lines.flatMap((line) => readData(line) ?? []);
    if (data.length === 0) return event;
    const before = data.join('\n');
    const after = this.#rewrite(before);
    if (after === before) return event;
    const others = lines.filter((line) => readData(line) === null);
    return [...others, ...after.split('\n').map((line) => `data: ${line}`)].join('\n');
  }
}

/** The value of a `data` line; `null` for all others. */
function readData(line: string): string | null {
  if (line === 'data') return '';
  if (!line.startsWith('data:')) return null;
  return line.slice(line.charAt(5) === ' ' ? 6 : 5);
}
