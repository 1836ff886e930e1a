import { parseActor } from '../../lib/domain/actor.js';

const apiKey = { id: 'key', ownerId: 'alice', scopes: [] };

describe('parseActor', () => {
  it.each([
    { kind: 'owner', ownerId: 'alice' },
    { kind: 'admin', id: 'root' },
    { kind: 'key', apiKey },
  ])('takes %j', (actor) => {
    expect(parseActor({ ...actor, more: 'is left out' })).toEqual(actor);
  });

  it.each([
    [undefined, /^expected \{ kind: 'owner', ownerId \}/],
    [null, /^expected/],
    ['admin', /^expected/],
    [{}, /^expected/],
    [{ kind: 'application' }, /^expected/],
    [{ kind: 'owner' }, /^ownerId must be a string$/],
    [{ kind: 'owner', ownerId: ' ' }, /^ownerId must not be blank$/],
    [{ kind: 'owner', ownerId: ['alice'] }, /^ownerId/],
    [{ kind: 'admin', id: 1 }, /^id must be a string$/],
    [{ kind: 'key' }, /^apiKey must be the req\.apiKey/],
    [{ kind: 'key', apiKey: 'key' }, /^apiKey/],
    [{ kind: 'key', apiKey: { ...apiKey, scopes: undefined } }, /^apiKey/],
  ])('refuses %j', (value, message) => {
    expect(() => parseActor(value)).toThrow(message);
    expect(() => parseActor(value)).toThrow(TypeError);
  });
});
