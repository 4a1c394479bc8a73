import type { Chunk, Log, Position } from '@belfry/core'
import { backOff } from '@belfry/core/flow'
import type { Batch, Consumer } from 'kafkajs'
import { partitionInWords, partitionName } from '../cluster/partition-name.ts'
import type { TopicNames } from '../cluster/topic-names.ts'
import { reasonOf } from '../reason-of.ts'
import { Partition, type QueueLimits } from './partition.ts'
import { type Found, findPlace } from './place.ts'
import { sourceRecordOf } from './source-record.ts'
import { withOwnBytes } from './with-own-bytes.ts'

export interface AssignmentOptions {
  readonly names: TopicNames
  readonly limits: QueueLimits
  /** Finds the positions and logs of partitions, and settles each; rejects where they cannot be found now. */
  readonly find: (some: readonly Partition[], settle: Settle) => Promise<void>
  readonly log: Log
  /** Something may be there to be taken. */
  readonly onReady: () => void
  readonly closing: AbortSignal
}

/** Says where a partition stands, and what its log holds. */
export type Settle = (one: Partition, position: Position, found: Found) => void

/** The partitions that are ours for now, and what is read of them. */
export interface Assignment {
  /** These partitions are ours now, and read by this consumer. */
  assigned(partitions: Readonly<Record<string, readonly number[]>>, by: Consumer): void
  /** Nothing is read for now. */
  lost(): void
  batch(batch: Batch): void
  /** Closes these partitions, and finds out anew where they go on. */
  replace(which: (one: Partition) => boolean): void
  /** Reads no further in these partitions: what they have next cannot be decoded, and an operator has to decide. */
  strand(which: (one: Partition) => boolean, why: string): void
  start(topic: string): void
  stop(topic: string): void
  take(limit: number): readonly Chunk[]
  advance(position: Position): void
  rewind(position: Position): void
  all(): Iterable<Partition>
  /** The id of the log that is read of one of these partitions. */
  logOf(at: Pick<Position, 'topic' | 'partition'>): string | undefined
  /** Why partitions that are ours are not read, in words. */
  trouble(): string | undefined
}

/** So many partitions that wait for an operator are named. */
const SHOWN = 6

export function createAssignment({
  names,
  limits,
  find: findLogs,
  log,
  onReady,
  closing,
}: AssignmentOptions): Assignment {
  let partitions = new Map<string, Partition>()
  let consumer: Consumer | undefined
  const running = new Set<string>()
  /** What kafkajs was told not to fetch. */
  const paused = new Set<Partition>()
  /** Why no place can be found, in words. */
  let lostIn: string | undefined
  /** Where the next `take` begins, so that no partition keeps another waiting. */
  let turn = 0

  const isOurs = (one: Partition) => partitions.get(partitionName(one)) === one
  const find = (position: Pick<Position, 'topic' | 'partition'>) => partitions.get(partitionName(position))

  /** Tells kafkajs whether a partition is to be fetched. */
  const steer = (one: Partition) => {
    const { topic, partition, reasons, waiting } = one
    // Of what is stopped some is read all the same: how old it is is known then, and it begins at once.
    const isDue = !reasons.has('closed') && !reasons.has('full') && !reasons.has('stranded')
    const rests = !isDue || (reasons.has('stopped') && waiting)
    if (rests === paused.has(one)) return
    const which = [{ topic: names.physical(topic), partitions: [partition] }]
    if (rests) consumer?.pause(which)
    else consumer?.resume(which)
    paused[rests ? 'add' : 'delete'](one)
  }
  const seek = ({ topic, partition, read }: Partition) =>
    consumer?.seek({ topic: names.physical(topic), partition, offset: String(read) })

  /** Closes partitions at once, and finds out where they go on, for as long as that takes. */
  const closeAndPlace = (some: readonly Partition[]) => {
    for (const one of some) {
      one.reasons.add('closed')
      one.reasons[running.has(one.topic) ? 'delete' : 'add']('stopped')
      // Whoever fetches may be another one than was told before.
      paused.delete(one)
      steer(one)
    }
    if (some.length > 0 && consumer !== undefined) void keepPlacing(some, consumer)
  }
  const keepPlacing = async (some: readonly Partition[], by: Consumer) => {
    for (let tries = 0; !closing.aborted; tries++) {
      const ours = some.filter((one) => isOurs(one) && one.reasons.has('closed'))
      if (by !== consumer || ours.length === 0) return
      const generation = partitions
      try {
        await findLogs(ours, (one, position, found) => {
          // Whoever was assigned anew is placed anew.
          if (generation === partitions && by === consumer) settle(one, position, found)
        })
        lostIn = undefined
        return
      } catch (error) {
        lostIn = `where partitions go on cannot be read: ${reasonOf(error)}`
        if (tries === 0) log.warn({ err: error }, lostIn)
        await backOff(tries, { maxMs: 2_000, unref: true })
      }
    }
  }
  /** A place has been found, or an operator has to find it. */
  const settle: Settle = (one, position, found) => {
    findPlace(one, position, found, log)
    if (position.next < one.applied || position.next > one.taken) one.restart(position.next)
    one.reasons[one.stranded === undefined ? 'delete' : 'add']('stranded')
    // What was read before is taken all the same.
    one.reasons.delete('closed')
    seek(one)
    steer(one)
    if (one.waiting) onReady()
  }
  const isTakeable = ({ reasons, waiting }: Partition) => waiting && !reasons.has('stopped') && !reasons.has('closed')

  return {
    assigned(assignment, by) {
      consumer = by
      const before = partitions
      partitions = new Map()
      paused.clear()
      for (const [name, own] of Object.entries(assignment))
        for (const partition of own) {
          const topic = names.logical(name)
          const one = before.get(partitionName({ topic, partition })) ?? new Partition(topic, partition, limits)
          partitions.set(partitionName(one), one)
        }
      closeAndPlace([...partitions.values()])
    },
    lost() {
      consumer = undefined
      for (const one of partitions.values()) one.reasons.add('closed')
    },
    batch(batch) {
      const topic = names.logical(batch.topic)
      const one = partitions.get(partitionName({ topic, partition: batch.partition }))
      if (one === undefined || one.reasons.has('closed') || one.reasons.has('stranded')) return
      // Of another generation, or fetched before it was sought elsewhere.
      if (fetchedFrom(batch) !== one.read) return void seek(one)
      one.add(withOwnBytes(batch.messages.map(sourceRecordOf)), Number(batch.lastOffset()) + 1)
      steer(one)
      onReady()
    },
    replace(which) {
      closeAndPlace([...partitions.values()].filter(which))
    },
    strand(which, why) {
      for (const one of [...partitions.values()].filter(which)) {
        const { topic, partition, read } = one
        one.reasons.add('stranded')
        steer(one)
        one.unreadable = read
        one.stranded = `what ${partitionInWords(one)} has at ${read} cannot be decoded: ${why}`
        log.error({ topic, partition, offset: read }, one.stranded)
      }
    },
    start(topic) {
      running.add(topic)
      for (const one of partitions.values()) {
        if (one.topic !== topic) continue
        one.reasons.delete('stopped')
        steer(one)
      }
      onReady()
    },
    stop(topic) {
      running.delete(topic)
      for (const one of partitions.values()) {
        if (one.topic !== topic) continue
        one.reasons.add('stopped')
        steer(one)
      }
    },
    take(limit) {
      const waiting = [...partitions.values()].filter(isTakeable)
      const share = Math.max(1, Math.floor(limit / Math.max(1, waiting.length)))
      const first = waiting.length > limit ? turn % waiting.length : 0
      turn += limit
      return [...waiting.slice(first), ...waiting.slice(0, first)].slice(0, limit).flatMap((one) => {
        const chunk = one.take(share)
        steer(one)
        return chunk ?? []
      })
    },
    advance(position) {
      find(position)?.advance(position.next)
    },
    rewind(position) {
      const one = find(position)
      if (one === undefined) return
      one.restart(position.next)
      if (one.reasons.has('closed')) return
      seek(one)
      steer(one)
    },
    all: () => partitions.values(),
    logOf: (at) => find(at)?.log,
    trouble() {
      const stranded = [...partitions.values()].flatMap((one) => one.stranded ?? [])
      if (stranded.length === 0) return lostIn
      const shown = stranded.slice(0, SHOWN).join('; ')
      const others = stranded.length - SHOWN
      return others > 0 ? `${shown}; and ${others} more wait for an operator: GET /v1/ops/positions names them` : shown
    },
  }
}

/** Where the fetch began that brought a batch: kafkajs keeps it there, and does not say so in its types. */
const fetchedFrom = (batch: Batch): number => Number(Reflect.get(batch, 'fetchedOffset'))
