/** Names of what may happen once only: challenges that were answered, codes that were used. */
export interface NonceStore {
  /**
   * Takes a name, in all processes at once.
   *
   * @param name - up to 200 characters; holds no secret
   * @param expiresAt - until when it is remembered, epoch milliseconds: by then it must be refused for its age, and can be taken again
   * @param now - epoch milliseconds
   * @returns whether nobody had taken it before. When it rejects, the name may have been taken all the same
   */
  take(name: string, expiresAt: number, now: number): Promise<boolean>;
}
