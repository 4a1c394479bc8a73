/** The next offset of a partition that has not been applied. */
export interface Position {
  readonly topic: string
  readonly partition: number
  readonly next: number
  /** Names the log that it is a position in, where another one may come under the same name: a topic that is deleted and made anew. */
  readonly log?: string
  /** How far it had been applied when somebody moved it back; absent where nobody has. */
  readonly reached?: number
}

/** Where positions are kept. */
export interface Positions {
  /** Gives each partition that has no position its starting one, durably, and answers the positions of all that were asked for. */
  beginAt(starting: readonly Position[]): Promise<readonly Position[]>
  /** The positions of these topics that there are. */
  of(topics: readonly string[]): Promise<readonly Position[]>
}

/** Positions that an operator may move. */
export interface MovablePositions extends Positions {
  /** Moves those that an operator has decided on; each only where it still is `from`. Answers how many have moved. */
  move(moves: readonly { readonly from: Position; readonly to: Position }[]): Promise<number>
}
