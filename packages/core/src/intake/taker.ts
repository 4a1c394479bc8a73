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

/** Takes records from the source, and returns what is not applied now. */
export class Taker {
  readonly #options: TakerOptions
  /** Partitions of which a part of what was taken last has been given back. */
  readonly #givenBack = new Set<string>()
  /** Why nothing can be taken for now, in words. */
  #waitsFor: string | undefined

  constructor(options: TakerOptions) {
    this.#options = options
  }

  /** Takes at most `limit` records; `[]` once it is closing. While the log is away it tries again, without an end. */
  async take(limit: number): Promise<readonly Chunk[]> {
    const { source, logger, closing } = this.#options
    for (let tries = 0; ; tries++) {
      try {
        // The source is idle: it can be read again, whether there is something to take or not.
        const chunks = await source.take(limit, () => {
          this.#waitsFor = undefined
        })
        this.#waitsFor = undefined
        this.#givenBack.clear()
        return chunks
      } catch (error) {
        if (closing.aborted) return []
        this.#waitsFor = error instanceof BelfryError ? error.sentence : 'the log of events cannot be read'
        if (tries === 0) logger.error({ err: error }, this.#waitsFor)
        await backOff(tries, { signal: closing })
      }
    }
  }

  /** Whether a part of what was taken last of this partition has been given back: then the rest is not applied either. */
  isGivenBack(at: Pick<Position, 'topic' | 'partition'>): boolean {
    return this.#givenBack.has(nameOf(at))
  }

  /** Gives back what was taken last of a partition, from this offset on; nothing where an earlier part has been given back. */
  giveBack({ topic, partition, from }: Pick<Chunk, 'topic' | 'partition' | 'from'>): void {
    if (this.isGivenBack({ topic, partition })) return
    this.rewind({ topic, partition, next: from })
  }

  /** Goes on from a position, whatever was taken of the partition. */
  rewind(position: Position): void {
    this.#givenBack.add(nameOf(position))
    this.#options.source.rewind(position)
  }

  /** Why nothing can be taken for now, in words. */
  trouble(): string | undefined {
    return this.#waitsFor
  }
}

const nameOf = ({ topic, partition }: Pick<Position, 'topic' | 'partition'>): string => `${partition} ${topic}`
