import { connect } from 'node:net';

/** Sends a request as it is written, for what clients would not send, and returns the whole answer. */
export function sendRaw(url: string, lines: readonly string[], body = ''): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.on('data', (bytes) => (answer += bytes.toString('latin1')));
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
    socket.write([...lines, 'Connection: close', '', body].join('\r\n'));
  });
}
