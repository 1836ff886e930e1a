/**
 * A function that remembers its last answers: for a pure one that is asked the same again and again, and costs more than
 * to look it up. However many different questions come, it remembers no more than a number of them.
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
