import { randomBytes } from 'node:crypto'
import { backOffMs } from '@belfry/core/flow'
import type { Database } from '../connect/database.ts'
import type { Heard, News } from './news.ts'
import { createPayloads } from './payloads.ts'
import { createTeller } from './teller.ts'

/** How instances that share a store tell one another what has changed. */
export interface Peers {
  /** Tells the others soon; of each person the latest head. */
  tell(news: News): void
  /** Somebody is connected here, or is not any more: others name people by hashes, and only those are recognised. */
  presence(person: string, here: boolean): void
  /** Tells what is still to be told, if it can be, and listens no more. */
  close(): Promise<void>
}

export interface PeersOptions {
  /** Told what others have told about people who are present; never what was told here. */
  readonly onNews: (news: Heard) => void
  /** Told that others are heard from now on, the first time and after each break: what they told before may have been missed. */
  readonly onDeaf: () => void
}

/** Others are looked for so often, in milliseconds. */
const LOOK = 1_000
/** A server that is away is asked again after a tenth of a second, and then later and later. */
const [SOON, LATE] = [100, 5_000]
/** At most so many payloads a statement. */
const MOST_PAYLOADS = 50

/**
 * A NOTIFY is heard in its database alone. The lock of those who listen has the same name. Instances of 0.1.0 have `belfry_news`, where
 * they name people as they are.
 */
const CHANNEL = 'belfry_peers'
const LISTENERS = `select count(*)::int as listeners from pg_locks
  where locktype = 'advisory' and objsubid = 1 and granted
    and database = (select oid from pg_database where datname = current_database())
    and (classid::bigint << 32) | objid::bigint = hashtextextended('${CHANNEL}', 1)`
const TELL = `select pg_notify('${CHANNEL}', payload) from unnest($1::text[]) as payload`

/**
 * Begins to listen to the others, and to tell them, in a session of its own: a NOTIFY takes a lock of the whole database at its commit,
 * and no inbox's change waits for that. Undefined where the store is one process's. A session that breaks is opened again by itself.
 *
 * While nobody else listens nothing is sent. Everybody who listens holds a lock that the others count once a second; who comes says
 * hello, and is then told what the others had to say within the last second or two as well, so that nothing falls between a newcomer's
 * beginning and the moment at which they are heard of.
 *
 * What is missed: what a process has to tell that dies within the next 25 milliseconds, or that does not come to hear a hello within a
 * second; what is told of more than 10,000 people while a session is away; and all that others tell while ours is away, which `onDeaf`
 * tells of. News are hints: whoever misses one finds out by looking at the heads from time to time.
 */
export function createPeers(database: Database, { onNews, onDeaf }: PeersOptions): Peers | undefined {
  if (database.createSession === undefined) return undefined
  const payloads = createPayloads(randomBytes(9).toString('base64url'), database.salt)
  /** Those who are present, by hash. */
  const present = new Map<string, string>()
  let hellos = 0
  let closed = false
  let wake = () => {}

  const hear = ({ payload = '' }: { readonly payload?: string | undefined }) => {
    const said = closed ? undefined : payloads.unpack(payload)
    if (said === 'hello') {
      hellos++
      teller.setListened(true)
      return
    }
    if (said === undefined) return
    const personOf = (hash: string) => present.get(hash) ?? []
    const heads = said.heads.flatMap(([hash, head]) => {
      const person = present.get(hash)
      return person === undefined ? [] : [[person, head] as const]
    })
    const erased = said.erased.flatMap(personOf)
    if (heads.length + erased.length > 0 || said.topics) onNews({ heads, erased, topics: said.topics })
  }
  const session = database.createSession({
    async begin(client) {
      client.on('notification', hear)
      await client.query(`listen ${CHANNEL}`)
      // Whoever counts from now on counts us; whoever has counted before hears of us.
      await client.query(`select pg_try_advisory_lock_shared(hashtextextended('${CHANNEL}', 1))`)
      await client.query(TELL, [[payloads.hello()]])
      onDeaf()
    },
    onLost() {
      teller.setListened(false)
      setTimeout(() => wake(), apart(SOON)).unref()
    },
  })
  const teller = createTeller(async (news) => {
    const texts = payloads.pack(news)
    for (let at = 0; at < texts.length; at += MOST_PAYLOADS)
      await session.ask(TELL, [texts.slice(at, at + MOST_PAYLOADS)])
  })

  const look = async () => {
    const before = hellos
    const [found] = await session.ask<{ listeners: number }>(LISTENERS)
    // Who has said hello in the meantime may not have been counted.
    if (hellos === before) teller.setListened((found?.listeners ?? 0) > 1)
    if (!teller.listened) teller.age()
  }
  const watch = async () => {
    for (let failed = 0; !closed; ) {
      failed = await look().then(
        () => 0,
        () => failed + 1,
      )
      if (closed) return
      const { promise, resolve } = Promise.withResolvers<void>()
      wake = resolve
      const timer = setTimeout(
        resolve,
        failed === 0 ? LOOK : apart(backOffMs(failed, { firstMs: SOON, maxMs: LATE })),
      ).unref()
      await promise
      clearTimeout(timer)
    }
  }
  const watching = watch()

  return {
    tell: (news) => (closed ? undefined : teller.tell(news)),
    presence(person, here) {
      if (here) present.set(payloads.hashOf(person), person)
      else present.delete(payloads.hashOf(person))
    },
    async close() {
      closed = true
      wake()
      await watching
      await teller.close()
      await session.close()
    },
  }
}

/** Not everybody at the same moment. */
const apart = (milliseconds: number): number => milliseconds * (0.5 + Math.random() / 2)
