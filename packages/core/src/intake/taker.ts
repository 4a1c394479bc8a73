import { BelfryError } from '@belfry/contracts/errors'
import { backOff } from '../flow/back-off.ts'
import type { Logger } from '../logger.ts'
import type { Position } from '../ports/positions.ts'
import type { Chunk, Source } from '../ports/source.ts'

export interface TakerOptions {
  readonly source: Pick<Source, 'take' | 'rewind'>
  readonly logger: Logger
  readonly closing: AbortSignal
}

type Partition = Pick<Position, 'topic' | 'partition'>

/** Records that were taken at once. */
export class Taken {
  readonly chunks: readonly Chunk[]
  readonly #givenBack: ReadonlySet<string>

  /** @param givenBack the partitions of which a part has been given back, by name */
  constructor(chunks: readonly Chunk[], givenBack: ReadonlySet<string> = new Set()) {
    this.chunks = chunks
    this.#givenBack = givenBack
  }

  /** Whether a part of what was taken of this partition has been given back: then the rest is not applied either. */
  isGivenBack(at: Partition): boolean {
    return this.#givenBack.has(nameOf(at))
  }
}

/** Takes records from the source, and returns what is not applied now. */
export class Taker {
  readonly #options: TakerOptions
  /** What has been given back of what was taken last, and before that, of which a batch may still be under way. */
  #givenBack: readonly Set<string>[] = []
  /** Why nothing can be taken for now, in words. */
  #waitsFor: string | undefined

  constructor(options: TakerOptions) {
    this.#options = options
  }

  /**
   * Takes at most `limit` records; none once it is closing. What was taken the time before the last must have been applied by then. While
   * the log is away it tries again, without an end.
   */
  async take(limit: number): Promise<Taken> {
    const { source, logger, closing } = this.#options
    for (let tries = 0; ; tries++) {
      try {
        // The source is idle: it can be read again, whether there is something to take or not.
        const chunks = await source.take(limit, () => {
          this.#waitsFor = undefined
        })
        this.#waitsFor = undefined
        const partitions = new Set<string>()
        this.#givenBack = [...this.#givenBack.slice(-1), partitions]
        return new Taken(chunks, partitions)
      } catch (error) {
        if (closing.aborted) return new Taken([])
        this.#waitsFor = error instanceof BelfryError ? error.sentence : 'the log of events cannot be read'
        if (tries === 0) logger.error({ err: error }, this.#waitsFor)
        await backOff(tries, { signal: closing })
      }
    }
  }

  /** Gives back what was taken of a partition, from this offset on; nothing where an earlier part has been given back. */
  giveBack(taken: Taken, { topic, partition, from }: Pick<Chunk, 'topic' | 'partition' | 'from'>): void {
    if (taken.isGivenBack({ topic, partition })) return
    this.rewind({ topic, partition, next: from })
  }

  /** Goes on from a position, whatever was taken of the partition. */
  rewind(position: Position): void {
    for (const partitions of this.#givenBack) partitions.add(nameOf(position))
    this.#options.source.rewind(position)
  }

  /** Why nothing can be taken for now, in words. */
  trouble(): string | undefined {
    return this.#waitsFor
  }
}

const nameOf = ({ topic, partition }: Partition): string => `${partition} ${topic}`
