import type { Socket } from 'node:net'
import type { Address } from '../internals/broker.ts'
import type { BrokerPool } from '../internals/cluster.ts'
import type { Connection } from '../internals/connection.ts'
import { internal, replace } from '../internals/internals.ts'

const API_VERSIONS = 18

/** Where nothing has answered when it was asked last, until something does. */
const silent = new Set<string>()
const addressOf = ({ host, port }: Address) => `${host}:${port}`

/**
 * A broker that hangs, or whose machine is gone, does not end its connections. kafkajs waited for it, asked it again over the same
 * connection as often as it may try, and never asked the others who leads now; and every new client began with it where it was the first
 * that is configured. Now a connection on which nothing was answered in time is closed, as Kafka's own clients do, and its broker is
 * asked last.
 */
export function patchUnanswered(): void {
  const connection = internal('connection')
  replace(connection, 'send', closeUnanswered)
  replace(
    connection,
    'connect',
    (connect) =>
      async function () {
        try {
          return await connect.call(this)
        } catch (error) {
          silent.add(addressOf(this))
          throw error
        }
      },
  )
  const pool = internal('brokerPool')
  replace(pool, 'createSeedBroker', passOver)
  replace(
    pool,
    'findConnectedBroker',
    (find) =>
      async function () {
        for (const nodeId of talking(this)) {
          const broker = await this.findBroker({ nodeId }).catch(() => undefined)
          if (broker !== undefined) return broker
        }
        return find.call(this)
      },
  )
  replace(
    pool,
    'withBroker',
    (withBroker) =>
      async function (work) {
        const nodeIds = talking(this)
        if (nodeIds.length === 0) return withBroker.call(this, work)
        for (const nodeId of nodeIds)
          try {
            return await work({ nodeId, broker: await this.findBroker({ nodeId }) })
          } catch {
            // Another one may know.
          }
        return null
      },
  )
}

const passOver = (create: BrokerPool['createSeedBroker']): BrokerPool['createSeedBroker'] =>
  async function () {
    const at = () => (this.seedBroker === undefined ? '' : addressOf(this.seedBroker.connectionPool))
    await create.call(this)
    // Nothing is connected by this: each time it is the next address, and the first again where all are silent.
    const first = at()
    while (silent.has(at())) {
      await create.call(this)
      if (at() === first) return
    }
  }

/** The brokers that are not known to be silent, those first that are connected. */
const talking = ({ brokers }: BrokerPool): readonly string[] =>
  Object.entries(brokers)
    .filter(([, { connectionPool }]) => !silent.has(addressOf(connectionPool)))
    .toSorted(([, a], [, b]) => Number(b.isConnected()) - Number(a.isConnected()))
    .map(([nodeId]) => nodeId)

function closeUnanswered(send: Connection['send']): Connection['send'] {
  const { KafkaJSConnectionError: Unreachable, KafkaJSConnectionClosedError: Closed } = internal('errors')
  return async function (exchange) {
    const { host, port, socket } = this
    // Whoever hangs is connected to all the same: only the first question on a connection tells.
    const greeting =
      exchange.request.apiKey === API_VERSIONS
        ? setTimeout(
            () => letGo(this, socket, new Unreachable('Connection timeout', { broker: addressOf(this) })),
            this.connectionTimeout,
          )
        : undefined
    try {
      const answer = await send.call(this, exchange)
      silent.delete(addressOf(this))
      return answer
    } catch (error) {
      if (!isLate(error) || isBehind(this, error)) throw error
      const closed = new Closed(error.message, { host, port })
      letGo(this, socket, closed)
      throw closed
    } finally {
      clearTimeout(greeting)
    }
  }
}

const isLate = (error: unknown): error is Error & { readonly sentAt: number } =>
  error instanceof Error && error.name === 'KafkaJSRequestTimeoutError' && 'sentAt' in error

/** Brokers answer in order: what was asked while they let somebody wait for their group is answered after that, and they are well. */
const isBehind = ({ requestQueue }: Connection, { sentAt }: { readonly sentAt: number }): boolean =>
  [...requestQueue.inflight.values()].some((other) => other.sentAt <= sentAt)

/** Closes a connection at once, unless it is another one by now; whoever waits for an answer on it is told this error. */
function letGo(connection: Connection, socket: Socket | undefined, error: Error): void {
  silent.add(addressOf(connection))
  if (connection.socket !== socket) return
  // What it still says is no part of what the next one says; what has come by halves is forgotten when it is connected anew.
  socket?.removeAllListeners().on('error', () => {})
  socket?.destroy()
  const { requestQueue } = connection
  Object.assign(connection, { connectionStatus: 'disconnected', authenticatedAt: null })
  requestQueue.destroy()
  requestQueue.rejectAll(error)
}
