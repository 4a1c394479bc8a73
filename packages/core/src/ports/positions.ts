/** The next offset of a partition that has not been applied. */
export interface Position {
  readonly topic: string
  readonly partition: number
  readonly next: number
  /** Identifies the log of the position if a topic may be deleted and created again with the same name. */
  readonly logId?: string
  /** How far the partition had been applied when an operator moved the position back; absent if it was not moved back. */
  readonly reached?: number
}

/** Where positions are kept. */
export interface Positions {
  /** Durably sets the starting position of each partition without a position, and returns the positions of all these partitions. */
  beginAt(starting: readonly Position[]): Promise<readonly Position[]>
  /** The existing positions of these topics. */
  of(topics: readonly string[]): Promise<readonly Position[]>
}

/** Positions that an operator may move. */
export interface MovablePositions extends Positions {
  /** Moves positions by decision of an operator, each only if it still is `from`. Returns how many have moved. */
  move(moves: readonly { readonly from: Position; readonly to: Position }[]): Promise<number>
}
