// The clients of bad networks: each is cut off about every 15 seconds, stays away for about two, and returns. Texts go to all of them meanwhile.
import { setTimeout as pass } from 'node:timers/promises'
import { io } from 'socket.io-client'
import { histogramOf } from '../figures/histogram.ts'
import { quantilesOf } from '../figures/quantiles.ts'
import type { JitterAnswer, JitterOrder } from './jitter-orders.ts'
import { openSockets } from './open-sockets.ts'
import { tokenFor } from './token.ts'

const CUT_EVERY_MS = 15_000
const AWAY_MS = 2_000
const BROADCAST_EVERY_MS = 500
/** Until the first cuts have happened at their own times. */
const BEFORE_MS = 3_000
/** In which the last clients return. */
const AFTER_MS = 12_000
const MARK = 'jitter-'

const sentAt: number[] = []
const latencies: number[] = []
let repeated = 0
let cuts = 0

process.on('message', (order: JitterOrder) => {
  run(order).then(
    (answer) => process.send?.(answer),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
process.on('disconnect', () => process.exit(0))

async function run(order: JitterOrder): Promise<JitterAnswer> {
  const { peer, clients, broadcasts } = order
  for (let client = 0; client < clients; client++)
    await (peer === 'Belfry' ? openBelfry(order, client) : openSocketIo(order))
  const send = peer === 'Belfry' ? sendBelfry(order) : sendSocketIo(order)
  await pass(BEFORE_MS)
  for (let broadcast = 0; broadcast < broadcasts; broadcast++) {
    const now = performance.now()
    sentAt.push(now)
    await send(`${MARK}${broadcast}-`)
    await pass(Math.max(0, BROADCAST_EVERY_MS - (performance.now() - now)))
  }
  await pass(AFTER_MS)
  return {
    expected: clients * broadcasts,
    arrived: latencies.length,
    repeated,
    cuts,
    latency: quantilesOf(latencies),
    latencies: histogramOf(latencies),
  }
}

/** Returns what counts the texts that arrive at one client. */
function createReceiver(): (text: string) => void {
  const seen = new Set<number>()
  return (text) => {
    const named = new Set(Array.from(text.matchAll(/jitter-(\d+)-/g), ([, number]) => Number(number)))
    for (const broadcast of named) {
      const sent = sentAt[broadcast]
      if (seen.has(broadcast)) repeated++
      else if (sent !== undefined) latencies.push(performance.now() - sent)
      seen.add(broadcast)
    }
  }
}

async function openBelfry({ http, secret }: JitterOrder, client: number): Promise<void> {
  const url = `${http.replace('http', 'ws')}/v1/stream`
  const returns = { awayMs: AWAY_MS, cutEveryMs: CUT_EVERY_MS }
  const onCut = () => {
    cuts++
  }
  await openSockets({ protocol: 'belfry', url, secret, returns, onCut, onText: createReceiver() }, [client])
}

async function openSocketIo({ http }: JitterOrder): Promise<void> {
  const socket = io(http, {
    transports: ['websocket'],
    forceNew: true,
    reconnectionDelay: AWAY_MS,
    reconnectionDelayMax: AWAY_MS * 1.2,
    randomizationFactor: 0.2,
  })
  socket.on('news', createReceiver())
  const { promise, resolve } = Promise.withResolvers<void>()
  socket.on('connect', () => {
    resolve()
    setTimeout(
      () => {
        // The connection breaks without a farewell, after which the server would keep nothing.
        const connection: unknown = Reflect.get(socket.io.engine.transport, 'ws')
        if (!canTerminate(connection)) return
        cuts++
        connection.terminate()
      },
      CUT_EVERY_MS * (0.8 + 0.4 * Math.random()),
    )
  })
  return promise
}

const canTerminate = (connection: unknown): connection is { terminate(): void } =>
  typeof connection === 'object' && connection !== null && 'terminate' in connection

function sendBelfry({ http, secret }: JitterOrder): (title: string) => Promise<void> {
  const headers = {
    authorization: `Bearer ${tokenFor('producer', secret, 'events:write')}`,
    'content-type': 'application/cloudevents+json',
  }
  return async (title) => {
    const data = { requestId: title, to: { everyone: true }, title, body: 'news' }
    const event = { specversion: '1.0', type: 'notification.requested', source: '/jitter', id: title, data }
    await post(`${http}/v1/events`, { headers, body: JSON.stringify(event) })
  }
}

const sendSocketIo =
  ({ http }: JitterOrder) =>
  (title: string): Promise<void> =>
    post(http, { body: title })

async function post(address: string, request: { readonly headers?: Record<string, string>; readonly body: string }) {
  const answer = await fetch(address, { method: 'POST', ...request })
  if (answer.status !== 202) throw new Error(`${answer.status}: ${await answer.text()}`)
  await answer.arrayBuffer()
}
