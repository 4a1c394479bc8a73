/**
 * Who reads for a consumer group, as the store lists it: each member with a lock that ends with its process, so that others see at once
 * that it is gone, and need not wait until the group gives it up.
 */
export interface Members {
  /** Lists this thread under the name that the group gave it, in place of the one that it had before. */
  list(member: string): Promise<void>
  /**
   * Members whose lock nobody holds: seen so by two looks a second apart or more, or by the first look of all. None while the server, or
   * this session, has come back only just now, and others may not have taken their locks again.
   */
  gone(): Promise<readonly string[]>
  /** Everybody on the list. */
  listed(): Promise<readonly string[]>
  /** Takes members off the list. */
  forget(members: readonly string[]): Promise<void>
  /** Takes this thread off the list, and lets go of its lock. */
  close(): Promise<void>
}
