const mismatches: string[] = [];

// A test file that imports this one fails in the test that got an answer which the document does not know.
afterEach(() => {
  const [first, ...more] = mismatches.splice(0);
  if (first !== undefined) throw new Error(`${first} (and ${more.length} more)`);
});

/** Remembers what an answer had in it, or lacked, until the running test ends. */
export function expectNoMismatch(mismatch: string): void {
  mismatches.push(mismatch);
}
