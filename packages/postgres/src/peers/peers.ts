import { randomBytes } from 'node:crypto'
import { backOffMs } from '@belfry/core/flow'
import type { Database } from '../connect/database.ts'
import { createPayloads } from './payloads.ts'
import type { PeerUpdate, ReceivedUpdate } from './pending-updates.ts'
import { createUpdateSender } from './update-sender.ts'

/** The peers of this instance: the other instances on the same store. */
export interface Peers {
  /** Sends an update soon, together with those that come meanwhile: of each person the latest head. */
  send(update: PeerUpdate): void
  /** Updates name people by hashes, and only those of people who are connected are recognised. */
  setConnected(person: string, isConnected: boolean): void
  /** Sends what is left, if a peer listens, and stops listening. */
  close(): Promise<void>
}

export interface PeersOptions {
  /** Called with what a peer has sent about people who are connected here; never with what was sent here. */
  readonly onUpdate: (update: ReceivedUpdate) => void
  /** Called when updates are received from now on, the first time and after each break: earlier ones may have been missed. */
  readonly onListening: () => void
}

/** Milliseconds between two counts of the peers that listen. */
const COUNT_INTERVAL_MS = 1_000
/** The first and the longest wait, in milliseconds, where the server is away. */
const [FIRST_RETRY_MS, MAX_RETRY_MS] = [100, 5_000]
const MAX_PAYLOADS_PER_STATEMENT = 50

/**
 * A NOTIFY reaches listeners of its database alone. The lock of those who listen has the same name. Instances of 0.1.0 have `belfry_news`,
 * where they name people as they are.
 */
const CHANNEL = 'belfry_peers'
const COUNT_LISTENERS = `select count(*)::int as listeners from pg_locks
  where locktype = 'advisory' and objsubid = 1 and granted
    and database = (select oid from pg_database where datname = current_database())
    and (classid::bigint << 32) | objid::bigint = hashtextextended('${CHANNEL}', 1)`
const NOTIFY = `select pg_notify('${CHANNEL}', payload) from unnest($1::text[]) as payload`

/**
 * Listens to the peers, and sends to them, in a session of its own: a NOTIFY takes a lock of the whole database at its commit, and no
 * inbox's change waits for that. A session that breaks is opened again. Undefined where the store belongs to one process.
 *
 * While no peer listens nothing is sent. Each instance that listens holds a lock, and the others count these locks once a second. A new
 * instance sends a hello, and then receives what the others had to send within the last second or two as well: nothing falls between
 * its beginning and the moment at which the others have counted it.
 *
 * Lost is what a process has to send that dies within the next 25 milliseconds, or that does not receive a hello within a second; what
 * is sent of more than 10,000 people while a session is away; and all that others send while the session of this instance is away, which
 * `onListening` reports. Updates are hints: what is missed is found by reading the heads from time to time.
 */
export function createPeers(database: Database, { onUpdate, onListening }: PeersOptions): Peers | undefined {
  if (database.createSession === undefined) return undefined
  const payloads = createPayloads(randomBytes(9).toString('base64url'), database.salt)
  /** The people who are connected, by hash. */
  const connected = new Map<string, string>()
  let hellos = 0
  let isClosed = false
  let wake = () => {}

  const receive = ({ payload = '' }: { readonly payload?: string | undefined }) => {
    const content = isClosed ? undefined : payloads.unpack(payload)
    if (content === 'hello') {
      hellos++
      sender.setListened(true)
      return
    }
    if (content === undefined) return
    const { topics } = content
    const heads = content.heads.flatMap(([hash, head]) => {
      const person = connected.get(hash)
      return person === undefined ? [] : [[person, head] as const]
    })
    const erased = content.erased.flatMap((hash) => connected.get(hash) ?? [])
    if (heads.length + erased.length > 0 || topics) onUpdate({ heads, erased, topics })
  }
  const session = database.createSession({
    async begin(client) {
      client.on('notification', receive)
      await client.query(`listen ${CHANNEL}`)
      // Peers that count from now on count this instance; those that have counted before receive its hello.
      await client.query(`select pg_try_advisory_lock_shared(hashtextextended('${CHANNEL}', 1))`)
      await client.query(NOTIFY, [[payloads.hello()]])
      onListening()
    },
    onLost() {
      sender.setListened(false)
      setTimeout(() => wake(), spread(FIRST_RETRY_MS)).unref()
    },
  })
  const sender = createUpdateSender(async (update) => {
    const texts = payloads.pack(update)
    for (let at = 0; at < texts.length; at += MAX_PAYLOADS_PER_STATEMENT)
      await session.query(NOTIFY, [texts.slice(at, at + MAX_PAYLOADS_PER_STATEMENT)])
  })

  const countListeners = async () => {
    const before = hellos
    const [found] = await session.query<{ listeners: number }>(COUNT_LISTENERS)
    // A peer whose hello came meanwhile might not have been counted.
    if (hellos === before) sender.setListened((found?.listeners ?? 0) > 1)
    if (!sender.isListened) sender.dropOld()
  }
  const keepCounting = async () => {
    for (let failures = 0; !isClosed; ) {
      failures = await countListeners().then(
        () => 0,
        () => failures + 1,
      )
      if (isClosed) return
      const { promise, resolve } = Promise.withResolvers<void>()
      wake = resolve
      const retryMs = backOffMs(failures, { firstMs: FIRST_RETRY_MS, maxMs: MAX_RETRY_MS })
      const timer = setTimeout(resolve, failures === 0 ? COUNT_INTERVAL_MS : spread(retryMs)).unref()
      await promise
      clearTimeout(timer)
    }
  }
  const counting = keepCounting()

  return {
    send: (update) => (isClosed ? undefined : sender.add(update)),
    setConnected(person, isConnected) {
      if (isConnected) connected.set(payloads.hashOf(person), person)
      else connected.delete(payloads.hashOf(person))
    },
    async close() {
      isClosed = true
      wake()
      await counting
      await sender.close()
      await session.close()
    },
  }
}

/** Spreads a wait, so that not all instances try at the same moment. */
const spread = (milliseconds: number): number => milliseconds * (0.5 + Math.random() / 2)
