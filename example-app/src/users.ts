import { compare, hash } from 'bcryptjs';

/** Somebody who can sign in. A real app has its own table of them. */
export interface User {
  readonly name: string;
  readonly role: 'owner' | 'admin';
}

/** The users of this service and how they prove who they are. */
export interface Users {
  /** `null` when the name or the password is wrong; both take the same time. */
  authenticate(name: string, password: string): Promise<User | null>;
}

/** Everybody who can sign in here. */
export const demoUsers: readonly User[] = [
  { name: 'alice', role: 'owner' },
  { name: 'bob', role: 'owner' },
  { name: 'admin', role: 'admin' },
];

const bcryptCost = 10;

/** The demo users, all with one password, kept as bcrypt hashes in memory. */
export function createDemoUsers(password: string): Users {
  const hashes = new Map(demoUsers.map(({ name }) => [name, hash(password, bcryptCost)]));
  // A name that nobody has is compared as well, so that the time does not tell which names exist.
  const nobody = hash('', bcryptCost);

  return {
    async authenticate(name, tried) {
      const isRight = await compare(tried, await (hashes.get(name) ?? nobody));
      return isRight ? (demoUsers.find((user) => user.name === name) ?? null) : null;
    },
  };
}
