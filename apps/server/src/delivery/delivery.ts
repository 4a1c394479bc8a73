import { type Change, createUpkeep, type Store } from '@belfry/core'
import { createPeers, type Database } from '@belfry/postgres'
import type { Logger } from 'pino'
import type { Config } from '../config/schema.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { Notices } from '../metrics/notices.ts'
import { type Commit, headsOf } from './commit.ts'
import type { Show } from './show.ts'
import { createSockets, type Sockets } from './sockets.ts'
import { createSweep } from './sweep.ts'

/** Everything that follows a commit, wherever it was made: connections, other instances, upkeep and counters learn of it. */
export interface Delivery {
  /** The connections of this instance. */
  readonly sockets: Sockets
  /** A batch of events, or a dead letter that was tried again, was applied. */
  committed(commit: Commit): void
  /** A mark, or a step of upkeep, has changed inboxes. */
  changed(changes: readonly Change[]): void
  /** These people were erased: their connections are closed, here and on other instances. */
  erased(people: readonly string[]): void
  /** Topics were paused or resumed, or a position was moved: the other instances read it. */
  topicsChanged(): void
  /** A change of a person's inbox, or of any, may have been committed without a report of it. */
  unconfirmed(person?: string): void
  /** Commits of any inbox may have been missed: all heads are compared at once. */
  missed(): void
  /** From now on the intake learns who is connected, and that another instance has changed a topic. */
  connect(intake: ConnectedIntake): void
  /** Finishes what is under way. The sockets are closed before. */
  close(): Promise<void>
}

/** What an intake learns from delivery. */
export interface ConnectedIntake {
  /** A person is connected here now (`here`), or is not any more. */
  presence(person: string, here: boolean): void
  /** Reads which topics are paused, and where positions are. */
  refresh(): Promise<void>
}

export interface DeliveryOptions {
  readonly store: Store
  readonly database: Database
  readonly retention: Config['retention']
  /** Returns notifications as clients get them. */
  readonly show: Show
  readonly metrics: Metrics
  readonly notices: Pick<Notices, 'add' | 'logUnsent'>
  readonly logger: Logger
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

/** Begins upkeep, and to exchange reports with other instances on the same store. */
export function createDelivery(options: DeliveryOptions): Delivery {
  const { store, database, retention, show, metrics, notices, logger, clock } = options
  const { history, inboxes } = store
  let intake: ConnectedIntake | undefined

  const sockets = createSockets({
    history,
    inboxes,
    show,
    metrics,
    logger,
    clock,
    onChange: (change) => changed([change]),
    onPresence(person, here) {
      intake?.presence(person, here)
      peers?.setConnected(person, here)
    },
  })
  const sweep = createSweep({ inboxes, sockets, logger })
  const peers = createPeers(database, {
    onUpdate({ heads, erased, topics: hasTopics }) {
      sockets.learnHeads(heads)
      if (erased.length > 0) closeErased(erased)
      if (hasTopics) refreshIntake()
    },
    onListening() {
      sweep.now()
      refreshIntake()
    },
  })
  const upkeep = createUpkeep({
    steps: store.upkeep,
    push: changed,
    onRefused: metrics.fanOutRefused,
    retention: { readDays: retention.read_days, days: retention.days, identityDays: retention.identity_days },
    logger,
    clock,
  })

  /** Another instance reports these as erased. The store decides: an event may have created them again. */
  function closeErased(people: readonly string[]): void {
    store.people.erased(people).then(
      (erased) => sockets.erase(erased),
      (error: unknown) => {
        logger.warn({ err: error }, 'who is erased could not be read')
        sweep.now()
      },
    )
  }
  function refreshIntake(): void {
    intake?.refresh().catch((error: unknown) => logger.warn({ err: error }, 'what is paused could not be read'))
  }
  function committed(commit: Commit): void {
    // Numbers of another history than the store's mean nothing here.
    const isStale = commit.epoch !== history.epoch
    if (!isStale) {
      sockets.push(commit.changes)
      if (commit.frames) sockets.pushFrames(commit.frames)
    }
    sockets.learnHeads(headsOf(commit))
    peers?.send({ heads: headsOf(commit) })
    erased(commit.erased)
    // Either another instance has applied it, or this one has, and the answer to its commit never came.
    if (commit.lost || isStale) sweep.now()
    if (commit.fanOuts > 0) upkeep.wake()
    else upkeep.yieldToEvents()
    metrics.applied(commit.summary)
    notices.add(commit.summary.notices)
    notices.logUnsent(commit.summary.unsent)
  }
  function changed(changes: readonly Change[]): void {
    sockets.push(changes)
    peers?.send({ heads: changes.map(({ person, head }) => [person, head] as const) })
    metrics.changed(changes)
  }
  function erased(people: readonly string[]): void {
    sockets.erase(people)
    if (people.length > 0) peers?.send({ erased: people })
  }

  return {
    sockets,
    committed,
    changed,
    erased,
    topicsChanged: () => peers?.send({ topics: true }),
    unconfirmed: (person) => sockets.unconfirmed(person),
    missed: () => sweep.now(),
    connect(connected) {
      intake = connected
    },
    async close() {
      await Promise.all([sweep, peers, upkeep].map((one) => one?.close()))
    },
  }
}
