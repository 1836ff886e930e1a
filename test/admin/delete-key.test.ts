import { deleteKey } from '../../lib/admin/delete-key.js';
import { postKeyRevoke } from '../../lib/admin/post-key-revoke.js';

describe('DELETE /keys/:id', () => {
  // What it does is stated, for both spellings at once, in post-key-revoke.test.ts.
  it('does the same as revoking', () => {
    expect(deleteKey.handle).toBe(postKeyRevoke.handle);
  });
});
