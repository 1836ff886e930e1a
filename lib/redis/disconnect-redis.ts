/** The types of ioredis leave out its socket. */
interface WithSocket {
  readonly stream?: { on?(event: 'error', listener: () => void): unknown } | null;
  disconnect(): void;
}

/**
 * Disconnects a client of ours at once. During a TLS handshake ioredis ends its socket, which may then fail twice: the
 * certificate is refused, and the server's alert arrives. ioredis listens for the first error only, so the second one
 * would end the process.
 */
export function disconnectRedis(client: WithSocket): void {
  client.stream?.on?.('error', () => undefined);
  client.disconnect();
}
