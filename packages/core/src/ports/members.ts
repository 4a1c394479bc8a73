/**
 * The members of a consumer group, as the store lists them. Each member holds a lock that ends with its process, so that other instances
 * notice at once that the member is gone, before its session in the group times out.
 */
export interface Members {
  /** Lists this thread under the member id that the group assigned, in place of its id before. */
  list(member: string): Promise<void>
  /**
   * Members whose locks are free in two checks at least a second apart, or in the first check of all. None shortly after a restart of the
   * server or of this session, because other members might not have taken their locks again.
   */
  gone(): Promise<readonly string[]>
  /** All listed members. */
  listed(): Promise<readonly string[]>
  /** Removes members from the list. */
  forget(members: readonly string[]): Promise<void>
  /** Removes this thread from the list, and releases its lock. */
  close(): Promise<void>
}
