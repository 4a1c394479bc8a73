/** The history of a store. Restoring the store from a copy ends it. */
export interface History {
  /** The name of the history. Heads of different epochs cannot be compared. It may change while the store is open. */
  readonly epoch: string
  /** Draws a new name, because the store was found to be restored from a copy. */
  renew(): Promise<void>
}
