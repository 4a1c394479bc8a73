// The process that sends events and watches the sockets: the same for every peer. It receives orders as messages, and answers each with one.
import { setTimeout as pass } from 'node:timers/promises'
import { bookingCreated } from './booking-events.ts'
import { openSockets, peopleOf, strideOf } from './open-sockets.ts'
import type { Answer, LoadOptions, Order, Round } from './orders.ts'
import { connectTarget, type SendEvents } from './send-events.ts'
import { WatchedBroadcast } from './watched-broadcast.ts'
import { WatchedRound } from './watched-round.ts'

const EVENTS_PER_REQUEST = { kafka: 1_000, http: 500 }
/** Requests under way at once. A producer of Kafka has one. */
const REQUESTS_AT_ONCE = { kafka: 1, http: 4 }

interface Load extends LoadOptions {
  readonly sendEvents: SendEvents
}

/** Sends `count` events of a round, from this one on. */
type Send = (from: number, count: number, acks: 'all' | 'leader') => Promise<void>

let load: Load | undefined
let round: WatchedRound | undefined
let broadcast: WatchedBroadcast | undefined

process.on('message', (order: Order) => {
  run(order).then(
    (answer) => process.send?.(answer),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
process.on('disconnect', () => process.exit(0))

const onText = (text: string) => {
  round?.receive(text)
  broadcast?.receive(text)
}

async function run(order: Order): Promise<Answer> {
  if (order.order === 'connect') {
    load = { ...order, sendEvents: await connectTarget(order.target) }
    await openSockets({ ...order, onText }, peopleOf(order))
    return { answer: 'connected' }
  }
  if (order.order === 'open') {
    const people = Array.from({ length: order.count }, (_, index) => order.from + index)
    await openSockets({ ...order, onText }, people)
    return { answer: 'opened' }
  }
  if (order.order === 'watch') {
    broadcast = new WatchedBroadcast(order)
    return { answer: 'watched', arrivedAt: await broadcast.collect() }
  }
  if (load === undefined) throw new Error('the load is not connected')
  if (order.order === 'produce') {
    await produce(load, order)
    return { answer: 'produced' }
  }
  if (round === undefined) throw new Error('nothing was produced')
  return { answer: 'collected', ...(await round.collect(order)) }
}

async function produce(to: Load, order: Round): Promise<void> {
  const { people, sendEvents, target } = to
  const stride = strideOf(to)
  const step = order.onlyConnected === true ? stride : 1
  const made = new WatchedRound(order.events, { people, stride, step })
  round = made
  const send: Send = (from, count, acks) => {
    const events = Array.from({ length: count }, (_, index) => {
      made.sent(from + index)
      return bookingCreated(made.id, from + index, ((from + index) * step) % people)
    })
    return sendEvents(events, acks)
  }
  await (order.rate === 0 ? sendAll(send, order, target.kind) : sendInTime(send, order))
}

async function sendAll(send: Send, { events }: Round, kind: 'kafka' | 'http'): Promise<void> {
  let from = 0
  const sendNext = async () => {
    while (from < events) {
      const count = Math.min(EVENTS_PER_REQUEST[kind], events - from)
      const start = from
      from += count
      await send(start, count, 'all')
    }
  }
  await Promise.all(Array.from({ length: REQUESTS_AT_ONCE[kind] }, sendNext))
}

/** Sends each event in the millisecond in which it is due, or with the next request where one is under way. */
async function sendInTime(send: Send, { events, rate }: Round): Promise<void> {
  const start = performance.now()
  let from = 0
  while (from < events) {
    const due = Math.min(events, Math.floor(((performance.now() - start) / 1_000) * rate))
    if (due === from) await pass(1)
    else await send(from, due - from, 'leader')
    from = due
  }
}
