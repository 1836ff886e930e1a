import { MachineSlowness, type Burst, type Standstill } from '../harness/machine-slowness.js';
import { checkHistory, checkSpeed } from './history-checker.js';
import type { Action, Disturbance, Operation, Outcome } from './history.js';

const secret = 'k1#1 read';

/** An operation from one moment to another; the wall clock reads 1,000,000 more. */
function operation(
  action: Action,
  startedAt: number,
  endedAt: number,
  answer: number | Outcome | null,
  more: Partial<Operation> = {},
): Operation {
  const outcome: Outcome | null = typeof answer === 'number' ? { status: answer, code: undefined } : answer;
  const sides: Partial<Operation> =
    action === 'use'
      ? { needs: secret }
      : ['create', 'enable', 'prolong', 'widen', 'resume', 'promote'].includes(action)
        ? { gives: [secret] }
        : { takes: [secret] };
  return {
    action,
    process: 'p1',
    keyId: 'k1',
    startedAt,
    startedAtWall: 1_000_000 + startedAt,
    endedAt,
    outcome,
    ...sides,
    ...more,
  };
}

const created = operation('create', 0, 10, 201);
const refused = (code: string): Outcome => ({ status: 401, code });
const check = (
  operations: readonly Operation[],
  disturbances: readonly Disturbance[] = [],
  slowness = new MachineSlowness([], []),
): readonly string[] => {
  const history = { operations: [created, ...operations], disturbances };
  return [...checkHistory(history, slowness), ...checkSpeed(history, slowness)];
};
const outage: Disturbance = { fault: 'outage', from: 100, to: 200 };
const standstill: Disturbance = { ...outage, process: 'p1' };

describe('good histories', () => {
  const good: Record<string, [operations: readonly Operation[], disturbances?: readonly Disturbance[]]> = {
    'a key that is used': [[operation('use', 20, 25, 200)]],
    'a use that began before the change was answered': [
      [operation('revoke', 20, 40, 200), operation('use', 39, 50, 200)],
    ],
    'a refusal while the change is under way': [
      [operation('revoke', 20, 40, 200), operation('use', 25, 30, refused('key_revoked'))],
    ],
    'a use before the time that a 202 names': [
      [
        operation('revoke', 20, 40, { status: 202, code: undefined, effectiveBy: 1_000_900 }),
        operation('use', 899, 905, 200),
      ],
    ],
    'either answer when nobody knows whether the change happened': [
      [
        operation('disable', 110, 120, 503),
        operation('use', 200, 205, 200),
        operation('use', 210, 215, refused('key_disabled')),
      ],
      [outage],
    ],
    'a key that was given back': [
      [
        operation('disable', 20, 30, 200),
        operation('enable', 40, 50, 200),
        operation('use', 45, 46, refused('key_disabled')),
        operation('use', 51, 55, 200),
      ],
    ],
    'a key of an owner that is suspended, and resumed': [
      [
        operation('suspend', 20, 30, 200),
        operation('use', 31, 35, refused('owner_suspended')),
        operation('resume', 40, 50, 200),
        operation('use', 51, 55, 200),
      ],
    ],
    'a key that ends, and gets another end': [
      [
        operation('expire', 20, 30, 200, { takesAtWall: 1_000_100 }),
        operation('use', 40, 45, 200),
        operation('use', 98, 101, 200),
        operation('use', 101, 102, refused('key_expired')),
        operation('prolong', 140, 150, 200),
        operation('use', 151, 155, 200),
      ],
    ],
    'an end that came too late': [[operation('expire', 20, 130, 400, { takesAtWall: 1_000_100 })]],
    'a giving back that was lost, and happened': [
      [
        operation('disable', 20, 30, 200),
        operation('enable', 140, 150, null),
        operation('use', 900, 901, 200),
      ],
      [standstill],
    ],
    'a token that is revoked again, and refused in between': [
      [
        operation('revoke token', 20, 40, { status: 202, code: undefined, effectiveBy: 1_005_000 }),
        operation('use', 50, 55, 200),
        operation('revoke token', 60, 70, 200),
        operation('use', 71, 75, refused('invalid_token')),
        operation('revoke token', 60, 80, 200),
      ],
    ],
    'one winner of a race': [
      [
        operation('rotate', 20, 30, 200, { race: 'r', gives: ['k1#2 read'] }),
        operation('rotate', 20, 31, 412, { race: 'r' }),
        operation('rotate', 20, 31, 409, { race: 'r' }),
        operation('use', 40, 41, refused('secret_rotated')),
        operation('use', 40, 41, 200, { needs: 'k1#2 read' }),
      ],
    ],
    'no winner of a race that is known': [
      [operation('rotate', 120, 130, 503, { race: 'r' }), operation('rotate', 120, 131, 412, { race: 'r' })],
      [outage],
    ],
    'a 503 during and shortly after a fault': [
      [operation('use', 150, 160, 503), operation('use', 9_000, 9_001, 503)],
      [outage],
    ],
    'a slow answer of a process that stood still': [[operation('use', 90, 9_000, 200)], [standstill]],
    'a change that waits for a process that stands still': [
      [operation('revoke', 120, 190, 503)],
      [{ ...outage, process: 'p2' }],
    ],
    'one slow answer of many': [
      [operation('use', 20, 2_000, 200), ...Array.from({ length: 200 }, () => operation('use', 20, 25, 200))],
    ],
  };

  it.each(Object.keys(good))('%s', (name) => {
    const [operations, disturbances] = good[name] ?? [[]];
    expect(check(operations, disturbances)).toEqual([]);
  });
});

describe('bad histories', () => {
  const bad: Record<
    string,
    [operations: readonly Operation[], sentence: RegExp, disturbances?: readonly Disturbance[]]
  > = {
    'a use after a plain 200': [
      [operation('revoke', 20, 40, 200), operation('use', 41, 50, 200)],
      /was let in, 1 ms after revoke/,
    ],
    'a use of a token after a revocation that was repeated': [
      [
        operation('revoke token', 20, 40, { status: 202, code: undefined, effectiveBy: 1_005_000 }),
        operation('revoke token', 60, 70, 200),
        operation('use', 71, 75, 200),
      ],
      /was let in, 1 ms after revoke token/,
    ],
    'a use of what a scope removal took': [
      [operation('narrow', 20, 40, 200), operation('use', 60, 70, 200)],
      /was let in, 20 ms after narrow/,
    ],
    'a use after the time that a 202 named': [
      [
        operation('revoke', 20, 40, { status: 202, code: undefined, effectiveBy: 1_000_900 }),
        operation('use', 901, 905, 200),
      ],
      /was let in/,
    ],
    'a use after a revocation that was given back before': [
      [operation('enable', 12, 15, 200), operation('disable', 20, 40, 200), operation('use', 41, 50, 200)],
      /was let in/,
    ],
    'a use after a suspension': [
      [operation('suspend', 20, 40, 200), operation('use', 41, 50, 200)],
      /was let in, 1 ms after suspend/,
    ],
    'a use after the end of a key': [
      [operation('expire', 20, 30, 200, { takesAtWall: 1_000_100 }), operation('use', 100, 105, 200)],
      /was let in, 70 ms after expire/,
    ],
    'a refusal before the end of a key': [
      [
        operation('expire', 20, 30, 200, { takesAtWall: 1_000_100 }),
        operation('use', 40, 45, refused('key_expired')),
      ],
      /key is good/,
    ],
    'a use of a key after one above it was revoked': [
      [
        operation('make child', 12, 15, 201, { takes: [], gives: ['k1>1 read'] }),
        operation('revoke', 20, 30, 200, { takes: [secret, 'k1>1 read'] }),
        operation('use', 31, 35, refused('key_revoked')),
        operation('use', 31, 35, 200, { needs: 'k1>1 read' }),
      ],
      /use k1>1 read on p1 .*was let in, 1 ms after revoke/,
    ],
    'a suspended owner that is refused for another reason': [
      [operation('suspend', 20, 30, 200), operation('use', 40, 41, refused('key_revoked'))],
      /key is good/,
    ],
    'a use of the old secret': [
      [operation('rotate', 20, 40, 200), operation('use', 41, 50, 200)],
      /was let in/,
    ],
    'a good key that is refused': [[operation('use', 20, 25, refused('invalid_token'))], /key is good/],
    'a good key that is refused in an outage': [
      [operation('use', 120, 125, refused('invalid_token'))],
      /key is good/,
      [outage],
    ],
    'a refusal for another reason than the true one': [
      [operation('revoke', 20, 30, 200), operation('use', 40, 41, refused('insufficient_scope'))],
      /key is good/,
    ],
    'a refusal after the key was given back': [
      [
        operation('disable', 20, 30, 200),
        operation('enable', 40, 50, 200),
        operation('use', 60, 61, refused('key_disabled')),
      ],
      /key is good/,
    ],
    'two winners of a race': [
      [operation('rotate', 20, 30, 200, { race: 'r' }), operation('rotate', 20, 31, 200, { race: 'r' })],
      /2 operations of the race r have won/,
    ],
    'no winner of a race': [
      [operation('rotate', 20, 30, 412, { race: 'r' }), operation('rotate', 20, 31, 409, { race: 'r' })],
      /nobody has won/,
    ],
    'a 503 while all is well': [[operation('use', 20, 25, 503)], /while all was well/],
    'a use without an answer because another process stands still': [
      [operation('use', 120, 130, 503)],
      /while all was well/,
      [{ ...outage, process: 'p2' }],
    ],
    'a 503 long after a fault': [[operation('use', 10_300, 10_301, 503)], /while all was well/, [outage]],
    'an answer that did not come': [[operation('use', 120, 130, null)], /got no answer/, [outage]],
    'a use of what was never given': [
      [operation('use', 20, 25, 200, { needs: 'k1#1 write' })],
      /never given/,
    ],
    'an actor that gets more than its grants': [
      [operation('exceed', 20, 25, 201, { takes: [] })],
      /went beyond its grants/,
    ],
    'what a change of the plan took away': [
      [operation('demote', 20, 30, 200), operation('use', 40, 41, 200)],
      /was let in, 10 ms after demote/,
    ],
    'a refusal after the plan was given back': [
      [
        operation('restrict', 20, 30, 200),
        operation('promote', 40, 50, 200),
        operation('use', 60, 61, refused('insufficient_scope')),
      ],
      /key is good/,
    ],
    'an error': [[operation('use', 120, 130, 500)], /is no answer/, [outage]],
    'a lost key': [[operation('revoke', 20, 30, 404)], /is no answer/],
    'a slow answer': [[operation('use', 20, 1_100, 200)], /1080 ms at the 99th/, [outage]],
  };

  it.each(Object.keys(bad))('%s', (name) => {
    const [operations, sentence, disturbances] = bad[name] ?? [[], /never/];
    const found = check(operations, disturbances);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(sentence);
  });
});

describe('a slow answer', () => {
  const slow = [operation('use', 20, 1_700, 200)];
  const onMachine = (standstills: readonly Standstill[], bursts: readonly Burst[]): readonly string[] =>
    check(slow, [], new MachineSlowness(standstills, bursts));

  it('is the machine’s as far as the machine stood still', () => {
    expect(onMachine([[100, 900]], [])).toEqual([]);
    expect(onMachine([[100, 500]], [])[0]).toMatch(/1280 ms at the 99th/);
    // Before it began, nothing was in its way.
    expect(onMachine([[-900, 20]], [])[0]).toMatch(/1680 ms at the 99th/);
  });

  it('is the machine’s as far as computing took longer', () => {
    expect(onMachine([], [[400, 4, 2]])).toEqual([]);
    expect(onMachine([], [[400, 3, 2]])[0]).toMatch(/1120 ms at the 99th/);
    // One that was faster than its clock says changes nothing.
    expect(onMachine([], [[400, 2, 4]])[0]).toMatch(/1680 ms at the 99th/);
  });

  it('of 503 is explained by a machine that stood still, as by any fault', () => {
    const unavailable = [operation('use', 20, 700, 503)];
    expect(check(unavailable)[0]).toMatch(/while all was well/);
    expect(check(unavailable, [], new MachineSlowness([[100, 500]], []))).toEqual([]);
    expect(check(unavailable, [], new MachineSlowness([[100, 400]], []))[0]).toMatch(/while all was well/);
  });

  it('of 503 is explained by a machine that was starved, and nobody is let in by that', () => {
    const unavailable = [operation('use', 20, 700, 503)];
    const starved = new MachineSlowness([], [[400, 3, 1]]);
    expect(check(unavailable, [], starved)).toEqual([]);
    expect(check(unavailable, [], new MachineSlowness([], [[400, 2.9, 1]]))[0]).toMatch(/while all was well/);
    expect(check([operation('revoke', 20, 40, 200), operation('use', 60, 700, 200)], [], starved)[0]).toMatch(
      /was let in/,
    );
  });
});
