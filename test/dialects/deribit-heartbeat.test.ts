import { Heartbeat } from '../../lib/dialects/deribit/websocket/heartbeat.js';
import { startSocketApp } from './deribit-sockets.js';

jest.setTimeout(180_000);

/** A heartbeat with intervals that no client may ask for. */
function startHeartbeat(): {
  readonly heartbeat: Heartbeat;
  readonly seen: string[];
  readonly ended: Promise<void>;
} {
  const seen: string[] = [];
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const heartbeat = new Heartbeat({
    notify: (type) => void seen.push(type),
    onSilence() {
      heartbeat.stop();
      end();
    },
  });
  heartbeat.start(0.02);
  return { heartbeat, seen, ended };
}

describe("a heartbeat of Deribit's WebSocket", () => {
  it('asks for a sign of life after an interval without a request, and ends one without an answer', async () => {
    const { seen, ended } = startHeartbeat();
    await ended;
    expect(seen).toEqual(['heartbeat', 'test_request']);
  });

  it('goes on while requests come', async () => {
    const { heartbeat, seen, ended } = startHeartbeat();
    for (let beats = 0; beats < 5;) {
      heartbeat.hear();
      await new Promise((resolve) => setTimeout(resolve, 5));
      beats = seen.length;
    }
    await ended;
    expect(seen.slice(0, 1)).toEqual(['heartbeat']);
    expect(seen.at(-1)).toBe('test_request');
  });

  it('is started with ten seconds or more, sends a notification, and is stopped', async () => {
    const app = await startSocketApp();
    const client = await app.connect();
    for (const interval of [undefined, 9, 3601, '10', null]) {
      const { error } = await client.call('public/set_heartbeat', { interval });
      expect([interval, error?.code]).toEqual([interval, -32602]);
    }
    expect((await client.call('public/set_heartbeat', { interval: 10 })).result).toBe('ok');
    while (client.received.at(-1)?.method === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(client.received.at(-1)).toEqual({
      ...{ jsonrpc: '2.0', method: 'heartbeat', params: { type: 'heartbeat' } },
    });
    expect((await client.call('public/test')).result).toEqual({ version: '2.1.1' });
    expect((await client.call('public/disable_heartbeat')).result).toBe('ok');
    await app.stop();
  });
});
