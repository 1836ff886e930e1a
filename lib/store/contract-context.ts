import type { KeyStore } from '../ports/key-store.js';
import type { Expectation, TestApi } from './test-api.js';

/** The arguments of each part of the contract. */
export interface ContractContext {
  readonly describe: TestApi['describe'];
  expect(actual: unknown): Expectation;
  /** A test with open stores; `other` is the second instance, or `store` again when there is none. */
  it(name: string, test: (stores: { store: KeyStore; other: KeyStore }) => Promise<void>): void;
}
