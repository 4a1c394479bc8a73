import { isPassing } from '../connect/store-errors.ts'
import { Gathered, type News } from './news.ts'

/** News of the same person within so many milliseconds are told once. */
const TOGETHER = 25

/** Gathers news while nobody can be told, or has been told only just now. */
export interface Teller {
  tell(news: News): void
  /** Whether there is anybody to be told. */
  readonly listened: boolean
  setListened(listened: boolean): void
  /** Forgets what nobody has listened to since the last time. */
  age(): void
  /** Tells what is left, if there is anybody. */
  close(): Promise<void>
}

/** Makes a teller; `send` tells the others. */
export function createTeller(send: (news: News) => Promise<void>): Teller {
  let listened = false
  let closed = false
  let waiting = new Gathered()
  let older = new Gathered()
  let timer: NodeJS.Timeout | undefined
  let sending: Promise<void> | undefined
  let sentAt = Number.NEGATIVE_INFINITY
  const isNothing = () => waiting.isEmpty && older.isEmpty

  const sendNow = async () => {
    sentAt = performance.now()
    const all = older
    all.add(waiting.news())
    older = new Gathered()
    waiting = new Gathered()
    try {
      await send(all.news())
    } catch (error) {
      // Twice does no harm; what Postgres does not take it does not take later.
      if (isPassing(error)) older.add(all.news())
    }
  }
  /** At once where nothing has been told for a while. */
  const sendSoon = () => {
    if (!listened || closed || timer !== undefined || sending !== undefined || isNothing()) return
    const begin = () => {
      timer = undefined
      // Whoever listened may be away again.
      if (!listened) return
      sending = sendNow().finally(() => {
        sending = undefined
        sendSoon()
      })
    }
    timer = setTimeout(begin, Math.max(0, sentAt + TOGETHER - performance.now()))
  }

  return {
    tell(news) {
      waiting.add(news)
      sendSoon()
    },
    get listened() {
      return listened
    },
    setListened(now) {
      listened = now
      sendSoon()
    },
    age() {
      older = waiting
      waiting = new Gathered()
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await sending
      if (listened && !isNothing()) await sendNow()
    },
  }
}
