import { answerChange } from '../../lib/dialects/answer-change.js';

describe('the answer to a change', () => {
  it('is a plain success when every process has heard of it', () => {
    expect(answerChange({ effectiveBy: null }, { ok: true })).toEqual({ status: 200, body: { ok: true } });
  });

  it('says from when on it holds everywhere when one has not', () => {
    const effectiveBy = Date.UTC(2026, 5, 1, 12, 0, 4);
    expect(answerChange({ effectiveBy }, { ok: true })).toEqual({
      ...{ status: 202, body: { ok: true } },
      headers: { 'Effective-By': '2026-06-01T12:00:04.000Z' },
    });
  });
});
