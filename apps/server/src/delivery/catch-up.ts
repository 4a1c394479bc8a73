import type { Change, History, Inboxes, Logger, Replay } from '@belfry/core'
import { framesOf, resetFrame } from './frames.ts'
import { createReadQueue } from './read-queue.ts'
import type { Show } from './show.ts'
import type { Socket } from './socket.ts'

export interface CatchUpOptions {
  readonly history: History
  readonly inboxes: Inboxes
  /** The connections of each person. */
  readonly sockets: ReadonlyMap<string, readonly Socket[]>
  readonly show: Show
  readonly logger: Logger
  /** What has expired was withdrawn before a read. */
  readonly onChange: (change: Change) => void
  /** The store refuses to read for this connection, which lacks something, and would again. */
  readonly onRefused: (socket: Socket) => void
}

/** Reads from the store what connections lack, once for all connections of a person that are at the same number. */
export interface CatchUp {
  /** Reads for a person's connections; new ones get their first frame. */
  add(person: string): void
  /** Does so soon: what is missing may come by itself before. */
  scheduleCatchUp(person: string): void
  /**
   * A change of a person's inbox, or of any, may have been committed without a push: reads for them whatever they are known to lack, once
   * what is under way has ended.
   */
  unconfirmed(person?: string): void
  stop(): void
}

/** Milliseconds for which a change that comes before its predecessor waits for it. */
const REORDER_MS = 50
/** Milliseconds after which a commit without an answer has ended. */
const UNCONFIRMED_MS = 2_000

export function createCatchUp({
  history,
  inboxes,
  sockets,
  show,
  logger,
  onChange,
  onRefused,
}: CatchUpOptions): CatchUp {
  const scheduled = new Set<string>()
  /** People whose inboxes may have changed without a push. */
  const unconfirmed = new Set<string>()
  const isHere = (socket: Socket) => sockets.get(socket.person)?.includes(socket) === true

  const replayOf = async (person: string, after: number | undefined): Promise<Replay> => {
    const replay = await inboxes.replay(person, after)
    if (replay.change !== undefined) onChange(replay.change)
    return replay
  }
  /** The first frame: what the client lacks, or the present head. */
  const sendFirstFrame = async (socket: Socket): Promise<void> => {
    const { person, wanted } = socket
    const { epoch } = history
    const isOtherEpoch = wanted.epoch !== undefined && wanted.epoch !== epoch
    const replay = await replayOf(person, isOtherEpoch ? undefined : wanted.after)
    if (!isHere(socket)) return
    socket.begin(epoch, isOtherEpoch ? [resetFrame(epoch, replay)] : framesOf(epoch, replay, show), replay.head)
  }
  const resetAll = async (person: string, stale: readonly Socket[]): Promise<void> => {
    // Read before the replay: should it change meanwhile, they are reset once again.
    const { epoch } = history
    const replay = await replayOf(person, undefined)
    for (const socket of stale) if (isHere(socket)) socket.reset(epoch, replay)
  }
  /** Sends what connections that were all sent the same lack. */
  const sendMissing = async (person: string, pushed: number, behind: readonly Socket[]): Promise<void> => {
    const { epoch } = history
    const replay = await replayOf(person, pushed)
    const frames = framesOf(epoch, replay, show)
    for (const socket of behind) {
      // A push may have sent more to this one meanwhile, though not as much as there is.
      if (socket.pushed !== pushed || socket.hasStaleEpoch(epoch)) {
        if (socket.isBehind) scheduleCatchUp(person)
      }
      // Its person was erased, without a report of it.
      else if (replay.head < pushed) socket.reset(epoch, replay)
      else if (replay.head > pushed) socket.send(frames, replay.head)
    }
  }
  const catchUp = async (person: string, isUnconfirmed: boolean): Promise<void> => {
    for (const socket of sockets.get(person) ?? []) if (socket.pushed === undefined) await sendFirstFrame(socket)
    const begun = (sockets.get(person) ?? []).filter(({ pushed }) => pushed !== undefined)
    const stale = begun.filter((socket) => socket.hasStaleEpoch(history.epoch))
    if (stale.length > 0) await resetAll(person, stale)
    const behind = begun.filter((socket) => !stale.includes(socket) && (isUnconfirmed || socket.isBehind))
    for (const [pushed = 0, alike] of Map.groupBy(behind, (socket) => socket.pushed))
      await sendMissing(person, pushed, alike)
  }
  const read = async (person: string): Promise<void> => {
    const isUnconfirmed = unconfirmed.delete(person)
    try {
      await catchUp(person, isUnconfirmed)
    } catch (error) {
      if (isUnconfirmed) unconfirmed.add(person)
      throw error
    }
  }
  const queue = createReadQueue({
    read,
    logger,
    onRefused(person) {
      for (const socket of sockets.get(person) ?? [])
        if (socket.pushed === undefined || socket.isBehind || socket.hasStaleEpoch(history.epoch)) onRefused(socket)
    },
  })
  const scheduleCatchUp = (person: string) => {
    if (scheduled.has(person)) return
    scheduled.add(person)
    setTimeout(() => {
      scheduled.delete(person)
      queue.add(person)
    }, REORDER_MS).unref()
  }

  return {
    add: queue.add,
    scheduleCatchUp,
    unconfirmed(person) {
      setTimeout(() => {
        for (const one of person === undefined ? sockets.keys() : [person]) {
          if (!sockets.has(one)) continue
          unconfirmed.add(one)
          queue.add(one)
        }
      }, UNCONFIRMED_MS).unref()
    },
    stop: queue.stop,
  }
}
