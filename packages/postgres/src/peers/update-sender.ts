import { isPassing } from '../connect/store-errors.ts'
import { type PeerUpdate, PendingUpdates } from './pending-updates.ts'

/** Milliseconds between two sends: updates of the same person in between are sent as one. */
const SEND_INTERVAL_MS = 25

/** Sends updates, and keeps them while no peer listens or one has been sent only just now. */
export interface UpdateSender {
  add(update: PeerUpdate): void
  /** Whether any peer listens. */
  readonly isListened: boolean
  setListened(isListened: boolean): void
  /** Drops what was added before the last call of this: no peer has come to listen since. */
  dropOld(): void
  /** Sends what is left, if a peer listens. */
  close(): Promise<void>
}

/** Makes a sender that has nothing to send. */
export function createUpdateSender(send: (update: PeerUpdate) => Promise<void>): UpdateSender {
  let isListened = false
  let isClosed = false
  let pending = new PendingUpdates()
  let older = new PendingUpdates()
  let timer: NodeJS.Timeout | undefined
  let sending: Promise<void> | undefined
  let sentAt = Number.NEGATIVE_INFINITY
  const isEmpty = () => pending.isEmpty && older.isEmpty

  const sendNow = async () => {
    sentAt = performance.now()
    const all = older
    all.add(pending.asOne())
    older = new PendingUpdates()
    pending = new PendingUpdates()
    try {
      await send(all.asOne())
    } catch (error) {
      // To send it twice does no harm; what Postgres refuses it refuses later as well.
      if (isPassing(error)) older.add(all.asOne())
    }
  }
  /** At once where nothing has been sent for a while. */
  const sendSoon = () => {
    if (!isListened || isClosed || timer !== undefined || sending !== undefined || isEmpty()) return
    const begin = () => {
      timer = undefined
      // The peers that listened may be gone again.
      if (!isListened) return
      sending = sendNow().finally(() => {
        sending = undefined
        sendSoon()
      })
    }
    timer = setTimeout(begin, Math.max(0, sentAt + SEND_INTERVAL_MS - performance.now()))
  }

  return {
    add(update) {
      pending.add(update)
      sendSoon()
    },
    get isListened() {
      return isListened
    },
    setListened(now) {
      isListened = now
      sendSoon()
    },
    dropOld() {
      older = pending
      pending = new PendingUpdates()
    },
    async close() {
      isClosed = true
      clearTimeout(timer)
      await sending
      if (isListened && !isEmpty()) await sendNow()
    },
  }
}
