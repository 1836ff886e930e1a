import { watchMachine, type WatchedMachine } from '../harness/machine-watch.js';
import { classesOf, type BadInputBlock, type BadInputClass, type Expectation } from './bad-input-manifest.js';
import { startBadInputServer, type BadInputServer, type Setup } from './bad-input-server.js';
import { bytesOf, exchange, type RawAnswer, type RawRequest } from './raw-http.js';
import { problemTypeOf } from '../harness/problem-type.js';

/** How the cases of one class send their requests. Every answer is held to what the manifest expects of the class. */
export interface Probe {
  readonly server: BadInputServer;
  /**
   * @param expected - what this case expects, within what the class does
   */
  send(request: RawRequest, expected?: Partial<Expectation> & { readonly setup?: Setup }): Promise<RawAnswer>;
}

/** The concrete cases of one class. */
export type Cases = (probe: Probe) => Promise<void>;

/** Longest time for an answer, in milliseconds without the machine's share. */
const limitMs = 1000;

/** Runs every class of a block against a real server, and fails when one of them sent nothing. */
export function runBadInputs(block: BadInputBlock, cases: Readonly<Record<string, Cases>>): void {
  const classes = classesOf(block);
  const executed = new Set<string>();
  const machine = watchMachine();
  let server: BadInputServer;

  beforeAll(async () => {
    server = await startBadInputServer();
  });
  afterAll(() => server.close());

  it.each(classes)('$id: $what', async (badInput) => {
    let sent = 0;
    await cases[badInput.id]?.({
      server,
      async send(request, expected = {}) {
        sent += 1;
        return sendAndCheck({ server, machine }, badInput, request, expected);
      },
    });
    if (sent > 0) executed.add(badInput.id);
    await assertAlive(server);
  });

  it('has run every class of the manifest, and no other', () => {
    const ids = classes.map(({ id }) => id);
    expect([...executed]).toEqual(ids);
    expect(Object.keys(cases).toSorted()).toEqual(ids.toSorted());
  });

  it('has left nothing behind: no pollution, no secret and no control character in the log', () => {
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(Object.keys(Array.prototype)).toEqual([]);
    const log = server.logged.join('\n');
    for (const token of [server.token, server.boundToken, server.testToken]) {
      expect(log).not.toContain(token.slice(-40));
    }
    // eslint-disable-next-line no-control-regex
    expect(log).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
    expect(log).not.toContain('jndi');
  });
}

async function sendAndCheck(
  { server, machine }: { readonly server: BadInputServer; readonly machine: WatchedMachine },
  badInput: BadInputClass,
  request: RawRequest,
  { setup = 'direct', ...narrower }: Partial<Expectation> & { readonly setup?: Setup },
): Promise<RawAnswer> {
  const expected: Expectation = { ...badInput.expected, ...narrower };
  const before = { served: server.served(), changes: server.changes(), reads: server.storeReads() };
  const answer = await exchange(server.ports[setup], bytesOf(request));
  const shown = { id: badInput.id, request: shortened(request), answer: answer.text.slice(0, 600) };

  expect(badInput.expected.status).toEqual(expect.arrayContaining([...expected.status]));
  expect({ ...shown, status: answer.status, isExpected: expected.status.includes(answer.status) }).toEqual({
    ...shown,
    status: answer.status,
    isExpected: true,
  });
  await machine.expectWithin(limitMs, answer.milliseconds);
  if (answer.status >= 400 || answer.status === 0) {
    expect({ ...shown, served: server.served(), changes: server.changes() }).toEqual({
      ...shown,
      served: before.served,
      changes: before.changes,
    });
    expect({ ...shown, reflected: reflectedIn(answer, request) }).toEqual({ ...shown, reflected: [] });
    checkProblem(answer, expected.code, shown);
    checkTokenError(answer, expected.error, shown);
  }
  if (expected.storeReads !== undefined) expect(server.storeReads() - before.reads).toBe(expected.storeReads);
  return answer;
}

/** Refusals of ours are problems with a code; those of Node's parser have no body, those of Express no code. */
function checkProblem(answer: RawAnswer, code: string | undefined, shown: object): void {
  if (code === undefined) return;
  expect({ ...shown, type: answer.headers['content-type'] }).toEqual({
    ...shown,
    type: 'application/problem+json; charset=utf-8',
  });
  expect(JSON.parse(answer.body)).toMatchObject({ code, status: answer.status, type: problemTypeOf(code) });
  if (answer.status === 401 || answer.status === 403) {
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm="acme"/);
  }
}

/** What RFC 6749 section 5.2 asks of an error answer. */
function checkTokenError(answer: RawAnswer, error: string | undefined, shown: object): void {
  if (error === undefined) return;
  const { 'content-type': type, 'cache-control': cacheControl } = answer.headers;
  const body: unknown = JSON.parse(answer.body);
  expect({ ...shown, type, cacheControl, body }).toEqual({
    ...shown,
    type: 'application/json; charset=utf-8',
    cacheControl: 'no-store',
    body: { error, error_description: expect.any(String) },
  });
  if (answer.status === 401) expect(answer.headers['www-authenticate']).toBe('Basic realm="acme"');
}

/** Names of fields may come back in an answer, and what every request of its kind says. */
const harmless = /^(?:[A-Za-z_]\w{0,31}|application\/json|x-www-form-urlencoded|text\/plain|X-Actor)$/;

/** What of a request has come back: no value of it may. */
function reflectedIn(answer: RawAnswer, { target = '/', lines = [], body = '' }: RawRequest): string[] {
  // Express' own page for a path that it does not know names the path, escaped. It is not ours.
  if (answer.headers['content-type']?.startsWith('text/html') === true) return [];
  const values = [target, ...lines.map((line) => line.slice(line.indexOf(':') + 1)), body.toString('latin1')];
  const runs = values.flatMap((value) => value.match(/[^\s",:{}[\]&=?/]{12,}/g) ?? []);
  return [...new Set(runs)].filter((run) => !harmless.test(run) && answer.text.includes(run));
}

async function assertAlive(server: BadInputServer): Promise<void> {
  const before = server.served();
  const answer = await exchange(
    server.ports.direct,
    bytesOf({ target: '/orders', lines: [`X-Api-Key: ${server.token}`] }),
  );
  expect([answer.status, server.served() - before]).toEqual([200, 1]);
}

function shortened({ lines = [], body, ...rest }: RawRequest): object {
  return {
    ...rest,
    lines: lines.slice(0, 4).map((line) => line.slice(0, 120)),
    body: body?.toString('latin1').slice(0, 200),
  };
}
