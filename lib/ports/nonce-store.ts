/** Records nonces: names of what may happen only once, such as answered challenges and used codes. */
export interface NonceStore {
  /**
   * Takes a name, in all processes at once.
   *
   * @param name - up to 200 characters; contains no secret
   * @param expiresAt - until when it is recorded, epoch milliseconds: from then on it must be refused for its age,
   * because it can be taken again
   * @param now - epoch milliseconds
   * @param takeableSince - before this time, in epoch milliseconds by the same clock as `now`, no process can have taken the
   * name. A store whose names may be lost (a standby that lagged behind was promoted) rejects with
   * `ERR_API_KEYS_UNAVAILABLE` when the loss may be later than that, because whether the name was taken is unknown then.
   * Absent: losses are not asked about
   * @returns whether it had not been taken before. When this rejects, the name may have been taken all the same
   */
  take(name: string, expiresAt: number, now: number, takeableSince?: number): Promise<boolean>;
  /**
   * Whether a name is taken, without taking it.
   *
   * @param now - epoch milliseconds
   */
  has(name: string, now: number): Promise<boolean>;
}
