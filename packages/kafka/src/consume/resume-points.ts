import type { Position, Positions } from '@belfry/core'
import { partitionInWords, shortList } from '../cluster/partition-name.ts'
import type { TopicIds } from '../cluster/topic-ids.ts'
import type { WantedTopics } from '../cluster/wanted-topics.ts'
import type { Place } from './assignment.ts'
import { onceSettled } from './once-settled.ts'
import type { Partition } from './partition.ts'
import { type StartingOptions, type StartingResult, setStartingPositions } from './starting-positions.ts'

export interface ResumePointsOptions extends Omit<StartingOptions, 'topics' | 'positions'> {
  readonly wantedTopics: WantedTopics
}

/** Finds where partitions continue: their positions in the store, and their logs on the brokers. */
export class ResumePoints {
  readonly #options: ResumePointsOptions
  #positions: Positions = { beginAt: async () => [], of: async () => [] }
  /** Topics whose partitions have no starting positions yet (see StartingResult). */
  #unbegun: ReadonlySet<string> = new Set()

  constructor(options: ResumePointsOptions) {
    this.#options = options
  }

  /**
   * Gives the partitions of all existing topics their starting positions. `positions` is used from now on.
   * @throws POSITION_MISSING, and what kafkajs throws when the brokers cannot be reached
   */
  async begin(positions: Positions, closing: AbortSignal): Promise<Pick<StartingResult, 'restored'>> {
    const { wantedTopics } = this.#options
    this.#positions = positions
    const { restored, waiting } = await onceSettled(async () => this.#begin(await wantedTopics.refresh()), closing)
    this.#unbegun = new Set(waiting)
    return { restored }
  }

  positionsOf(topics: readonly string[]): Promise<readonly Position[]> {
    return this.#positions.of(topics)
  }

  /**
   * Places each of these partitions.
   * @throws where the position or the log of some cannot be found now; the others are placed by then
   */
  async find(some: readonly Partition[], place: Place): Promise<void> {
    const { wantedTopics, readBounds } = this.#options
    const wanted = [...new Set(some.map(({ topic }) => topic))]
    const [ids, bounds] = await Promise.all([wantedTopics.refresh(), readBounds(wanted)])
    const late = wanted.filter((topic) => this.#unbegun.has(topic))
    if (late.length > 0) {
      const { waiting } = await this.#begin(new Map([...ids].filter(([topic]) => late.includes(topic))))
      this.#unbegun = new Set([...this.#unbegun].filter((topic) => !late.includes(topic) || waiting.includes(topic)))
    }
    // A partition that was added later begins at its beginning; all others have a position by now.
    const starting = some.flatMap(({ topic, partition }): Position[] => {
      const id = ids.get(topic)?.id
      return this.#unbegun.has(topic) ? [] : [{ topic, partition, next: 0, ...(id !== undefined && { logId: id }) }]
    })
    const kept = await this.#positions.beginAt(starting)
    const unknown: Partition[] = []
    for (const one of some) {
      const position = kept.find(({ topic, partition }) => topic === one.topic && partition === one.partition)
      const found = bounds.get(one.topic)?.get(one.partition)
      // Some brokers might not have the metadata of a new partition or a recreated topic yet, or no broker leads it.
      const about = ids.get(one.topic)
      if (position === undefined || found === undefined || about === undefined) unknown.push(one)
      else place(one, position, { id: about.id, bounds: found })
    }
    if (unknown.length > 0) throw new Error(`no broker reports what ${shortList(unknown.map(partitionInWords))} holds`)
  }

  #begin(topics: TopicIds['existing']): Promise<StartingResult> {
    return setStartingPositions({ ...this.#options, positions: this.#positions, topics })
  }
}
