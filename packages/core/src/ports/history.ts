/** The history of a store, which ends where the store is restored from a copy. */
export interface History {
  /** Its name: heads of different epochs cannot be compared. It may change while the store is open. */
  readonly epoch: string
  /** Draws another name: what the store holds is known to have been restored from a copy. */
  renew(): Promise<void>
}
