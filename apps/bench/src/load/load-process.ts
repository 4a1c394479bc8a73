// The process that sends events and watches the sockets: the same for every peer. It receives orders as messages, and answers each with one.
import { setTimeout as pass } from 'node:timers/promises'
import { Kafka, logLevel, Partitioners, type Producer } from 'kafkajs'
import { bookingCreated } from './booking-events.ts'
import { openSockets, peopleOf, strideOf } from './open-sockets.ts'
import type { Answer, LoadOptions, Order, Round } from './orders.ts'
import { WatchedBroadcast } from './watched-broadcast.ts'
import { WatchedRound } from './watched-round.ts'

const RECORDS_PER_REQUEST = 1_000

interface Load extends LoadOptions {
  readonly producer: Producer
}

/** Sends `count` events of a round, from this one on. */
type Send = (from: number, count: number, acks: number) => Promise<void>

let load: Load | undefined
let round: WatchedRound | undefined
let watched: WatchedBroadcast | undefined

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
  watched?.receive(text)
}

async function run(order: Order): Promise<Answer> {
  if (order.order === 'connect') {
    const kafka = new Kafka({ clientId: 'load', brokers: [...order.brokers], logLevel: logLevel.NOTHING })
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
    await producer.connect()
    await openSockets(order, peopleOf(order), onText)
    load = { ...order, producer }
    return { answer: 'connected' }
  }
  if (order.order === 'open') {
    const people = Array.from({ length: order.count }, (_, index) => order.from + index)
    await openSockets(order, people, onText)
    return { answer: 'opened' }
  }
  if (order.order === 'watch') {
    watched = new WatchedBroadcast(order)
    return { answer: 'watched', arrivedAt: await watched.collect() }
  }
  if (load === undefined) throw new Error('the load is not connected')
  if (order.order === 'produce') {
    const { people, producer, topic } = load
    const stride = strideOf(load)
    const step = order.onlyConnected === true ? stride : 1
    const made = new WatchedRound(order.events, { people, stride, step })
    round = made
    const send: Send = async (from, count, acks) => {
      const messages = Array.from({ length: count }, (_, index) => {
        made.sent(from + index)
        return bookingCreated(made.id, from + index, ((from + index) * step) % people)
      })
      await producer.send({ topic, acks, messages })
    }
    await (order.rate === 0 ? sendAll(send, order) : sendInTime(send, order))
    return { answer: 'produced' }
  }
  if (round === undefined) throw new Error('nothing was produced')
  return { answer: 'collected', ...(await round.collect(order)) }
}

async function sendAll(send: Send, { events }: Round): Promise<void> {
  for (let from = 0; from < events; from += RECORDS_PER_REQUEST)
    await send(from, Math.min(RECORDS_PER_REQUEST, events - from), -1)
}

/** Sends each event in the millisecond in which it is due, or with the next request where one is under way. */
async function sendInTime(send: Send, { events, rate }: Round): Promise<void> {
  const start = performance.now()
  let from = 0
  while (from < events) {
    const due = Math.min(events, Math.floor(((performance.now() - start) / 1_000) * rate))
    if (due === from) await pass(1)
    else await send(from, due - from, 1)
    from = due
  }
}
