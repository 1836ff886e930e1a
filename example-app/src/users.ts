import { compare, hash } from 'bcryptjs';

/** A user who can sign in. A real app has its own table of users. */
export interface User {
  readonly name: string;
  readonly role: 'owner' | 'admin';
}

/** The users of this service and their authentication. */
export interface Users {
  /** `null` when the name or the password is wrong; both take the same time. */
  authenticate(name: string, password: string): Promise<User | null>;
}

/** All users of this service. */
export const demoUsers: readonly User[] = [
  { name: 'alice', role: 'owner' },
  { name: 'bob', role: 'owner' },
  { name: 'admin', role: 'admin' },
];

const bcryptCost = 10;

/** Creates the demo users, all with the same password, kept as bcrypt hashes in memory. */
export function createDemoUsers(password: string): Users {
  const hashes = new Map(demoUsers.map(({ name }) => [name, hash(password, bcryptCost)]));
  // For an unknown name a hash is compared as well, so that the timing does not reveal which names exist.
  const nobody = hash('', bcryptCost);

  return {
    async authenticate(name, candidate) {
      const isValid = await compare(candidate, await (hashes.get(name) ?? nobody));
      return isValid ? (demoUsers.find((user) => user.name === name) ?? null) : null;
    },
  };
}
