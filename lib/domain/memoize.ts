/**
 * Memoizes a pure function that is called with the same arguments again and again and costs more than a lookup. No matter
 * how many different arguments there are, at most `maxAnswers` results are cached.
 */
export function memoize<Q, A>(answer: (question: Q) => A, maxAnswers: number): (question: Q) => A {
  let known = new Map<Q, A>();
  return (question) => {
    const before = known.get(question);
    if (before !== undefined) return before;
    const found = answer(question);
    if (known.size >= maxAnswers) known = new Map();
    known.set(question, found);
    return found;
  };
}
