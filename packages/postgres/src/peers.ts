import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import type { Database } from './database.ts'
import { openSession } from './session.ts'

/** What instances tell one another. */
export interface News {
  /** The numbers that inboxes have come to, by person. */
  readonly heads?: Iterable<readonly [person: string, head: number]>
  /** People who were erased. */
  readonly erased?: readonly string[]
  /** Whether a topic was paused or resumed. */
  readonly topics?: boolean
}

/** What was heard of another instance. */
export interface Heard {
  readonly heads: readonly (readonly [person: string, head: number])[]
  readonly erased: readonly string[]
  readonly topics: boolean
}

/** The other instances on the same store. */
export interface Peers {
  /** Tells the others, soon and together with what is told meanwhile; nothing where there are none. */
  tell(news: News): void
  close(): Promise<void>
}

export interface PeersOptions {
  /** Told what others have told; never what we have told ourselves. */
  readonly onHeard: (heard: Heard) => void
  /** Something may have been missed: we could not hear for a while. */
  readonly onDeaf: () => void
}

const CHANNEL = 'belfry'
/** What is told within so many milliseconds goes out together. */
const GATHER = 25
/** Postgres takes less than 8,000 bytes. */
const MOST_BYTES = 7_800
/** While nobody can be told, no more people than this are remembered: others find out by themselves. */
const MOST_PEOPLE = 100_000
/** How many there are is looked at so often, and a session that broke is opened again after so many milliseconds. */
const LOOK = 1_000

/**
 * Tells other instances on the same store whose inbox has changed, by NOTIFY on a connection of its own, and hears them. What is told while
 * a connection is broken, or in the instant in which a newcomer begins to listen, may not arrive: whoever needs to know looks now and then.
 */
export function createPeers({ sessionConnection }: Database, { onHeard, onDeaf }: PeersOptions): Peers {
  if (sessionConnection === undefined) return { tell() {}, async close() {} }
  const me = randomUUID()
  const heads = new Map<string, number>()
  const erased = new Set<string>()
  let topics = false
  let session: pg.Client | undefined
  let opening: Promise<void> | undefined
  let closed = false
  let hasBeen = false
  /** Whether anybody else listens. */
  let inCompany = true
  let gathering: NodeJS.Timeout | undefined
  let sending = Promise.resolve()

  const open = async () => {
    const client = await openSession(sessionConnection, () => {
      if (session === client) session = undefined
    })
    client.on('notification', ({ payload = '' }) => hear(payload))
    await client.query(`listen ${CHANNEL}`)
    await client.query(`select pg_advisory_lock_shared(hashtextextended($1, 1))`, [LISTENING])
    await client.query('select pg_notify($1, $2)', [CHANNEL, JSON.stringify({ from: me })])
    if (closed) return void client.end().catch(() => {})
    session = client
    inCompany = true
    if (hasBeen) onDeaf()
    hasBeen = true
  }
  const hear = (payload: string) => {
    const news = newsIn(payload)
    if (news === undefined || news.from === me) return
    // Whoever has just come listens from now on.
    inCompany = true
    if (news.heads.length > 0 || news.erased.length > 0 || news.topics) onHeard(news)
  }
  const look = async () => {
    if (session === undefined) {
      opening ??= open().finally(() => {
        opening = undefined
      })
      return opening
    }
    const { rows } = await session.query<{ count: number }>(COUNT, [LISTENING])
    inCompany = (rows[0]?.count ?? 0) > 1
  }
  // What cannot be done now is done the next time.
  const looking = setInterval(() => void look().catch(() => {}), LOOK).unref()
  void look().catch(() => {})

  const send = async () => {
    const client = session
    if (client === undefined) {
      if (heads.size > MOST_PEOPLE) heads.clear()
      return
    }
    const payloads = payloadsOf(me, [...heads], [...erased], topics)
    heads.clear()
    erased.clear()
    topics = false
    for (const payload of payloads) await client.query('select pg_notify($1, $2)', [CHANNEL, payload])
  }

  return {
    tell(news) {
      // Its own pauses are told however alone it seems: they are rare, and must arrive.
      if (!inCompany && !news.topics && (news.erased?.length ?? 0) === 0) return
      for (const [person, head] of news.heads ?? []) heads.set(person, Math.max(head, heads.get(person) ?? 0))
      for (const person of news.erased ?? []) erased.add(person)
      topics ||= news.topics ?? false
      gathering ??= setTimeout(() => {
        gathering = undefined
        sending = sending.then(send).catch(() => {})
      }, GATHER).unref()
    },
    async close() {
      closed = true
      clearInterval(looking)
      clearTimeout(gathering)
      await opening?.catch(() => {})
      sending = sending.then(send).catch(() => {})
      await sending
      await session?.end().catch(() => {})
    },
  }
}

const LISTENING = 'belfry listens'
const COUNT = `select count(*)::int as count from pg_locks, (select hashtextextended($1, 1) as key) k
  where locktype = 'advisory' and granted and objsubid = 1 and mode = 'ShareLock'
    and database = (select oid from pg_database where datname = current_database())
    and classid::bigint = (key >> 32) & 4294967295 and objid::bigint = key & 4294967295`

/** As few payloads as it takes, none larger than Postgres lets pass. */
function payloadsOf(
  from: string,
  heads: readonly (readonly [string, number])[],
  erased: readonly string[],
  topics: boolean,
): readonly string[] {
  const payloads: string[] = []
  let [part, gone, bytes]: [(readonly [string, number])[], string[], number] = [[], [], 0]
  const cut = (more: object = {}) => {
    payloads.push(JSON.stringify({ from, heads: part, erased: gone, ...more }))
    part = []
    gone = []
    bytes = 0
  }
  const room = (text: string) => {
    const size = Buffer.byteLength(JSON.stringify(text)) + 20
    if (bytes + size > MOST_BYTES - 120) cut()
    bytes += size
  }
  for (const one of heads) {
    room(one[0])
    part.push(one)
  }
  for (const person of erased) {
    room(person)
    gone.push(person)
  }
  if (part.length > 0 || gone.length > 0 || topics) cut(topics ? { topics } : {})
  return payloads
}

/** What a payload says; anybody may notify on our channel, and what is not ours says nothing. */
function newsIn(payload: string): (Heard & { readonly from: string }) | undefined {
  let said: unknown
  try {
    said = JSON.parse(payload)
  } catch {
    return undefined
  }
  if (typeof said !== 'object' || said === null || !('from' in said) || typeof said.from !== 'string') return undefined
  const of = (name: string): unknown => Reflect.get(said, name)
  const [heads, erased, topics] = [of('heads'), of('erased'), of('topics')]
  return {
    from: said.from,
    heads: Array.isArray(heads) ? heads.filter(isHead) : [],
    erased: Array.isArray(erased) ? erased.filter((one) => typeof one === 'string') : [],
    topics: topics === true,
  }
}

const isHead = (one: unknown): one is readonly [string, number] =>
  Array.isArray(one) && typeof one[0] === 'string' && Number.isSafeInteger(one[1])
