// A name server on the loopback address, for the names that a test gives it.
import { createSocket } from 'node:dgram';
import { promises } from 'node:dns';

const responseFlags = 0x8180;
const nameErrorFlags = 0x8183;
const headerLength = 12;
const familyOfType: Readonly<Record<number, 4 | 6>> = { 1: 4, 28: 6 };

/** Bytes of addresses by family, for each name. One that is missing does not exist; `null` is never answered. */
export type Names = Readonly<
  Record<string, Readonly<Partial<Record<4 | 6, readonly (readonly number[])[]>>> | null>
>;

export interface NameServer {
  /** @param timeoutMs - how long an answer is waited for */
  createResolver(timeoutMs: number): promises.Resolver;
  close(): Promise<void>;
}

export async function startNameServer(names: Names): Promise<NameServer> {
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    const answer = answerQuery(names, query);
    if (answer !== null) socket.send(answer, port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    createResolver(timeout) {
      const resolver = new promises.Resolver({ timeout, tries: 1 });
      resolver.setServers([`127.0.0.1:${socket.address().port}`]);
      return resolver;
    },
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function answerQuery(names: Names, query: Buffer): Buffer | null {
  let end = headerLength;
  const labels: string[] = [];
  for (let length = query[end] ?? 0; length > 0; length = query[end] ?? 0) {
    labels.push(query.toString('latin1', end + 1, end + 1 + length));
    end += 1 + length;
  }
  const type = query.readUInt16BE(end + 1);
  const name = labels.join('.').toLowerCase();
  const found = Object.hasOwn(names, name) ? names[name] : undefined;
  if (found === null) return null;
  const family = familyOfType[type];
  const addresses = (family === undefined ? undefined : found?.[family]) ?? [];
  const header = Buffer.from(query.subarray(0, headerLength));
  header.writeUInt16BE(found === undefined ? nameErrorFlags : responseFlags, 2);
  for (const [index, count] of [1, addresses.length, 0, 0].entries())
    header.writeUInt16BE(count, 4 + 2 * index);
  const records = addresses.map((bytes) =>
    Buffer.from([0xc0, headerLength, 0, type, 0, 1, 0, 0, 0, 60, 0, bytes.length, ...bytes]),
  );
  return Buffer.concat([header, query.subarray(headerLength, end + 5), ...records]);
}
