import type { Socket } from 'node:net'
import type { Address } from '../internals/broker.ts'
import type { BrokerPool } from '../internals/cluster.ts'
import type { Connection } from '../internals/connection.ts'
import { internal, replace } from '../internals/internals.ts'

const API_VERSIONS = 18

/** The addresses that did not answer the last request. */
const silent = new Set<string>()
const addressOf = ({ host, port }: Address) => `${host}:${port}`

/**
 * A broker that hangs, or whose machine is gone, does not close its connections. kafkajs waited for it, retried over the same connection,
 * and never queried the other brokers for the new leader; and every new client began with it where its address was configured first. A
 * connection on which a request was not answered in time is now closed, as in Kafka's own clients, and its broker is tried last.
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
  replace(pool, 'createSeedBroker', skipSilent)
  replace(
    pool,
    'findConnectedBroker',
    (find) =>
      async function () {
        for (const nodeId of respondingBrokers(this)) {
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
        const nodeIds = respondingBrokers(this)
        if (nodeIds.length === 0) return withBroker.call(this, work)
        for (const nodeId of nodeIds)
          try {
            return await work({ nodeId, broker: await this.findBroker({ nodeId }) })
          } catch {
            // Another broker may answer.
          }
        return null
      },
  )
}

const skipSilent = (create: BrokerPool['createSeedBroker']): BrokerPool['createSeedBroker'] =>
  async function () {
    const at = () => (this.seedBroker === undefined ? '' : addressOf(this.seedBroker.connectionPool))
    await create.call(this)
    // This connects to none: each call takes the next address, and the first again where all are silent.
    const first = at()
    while (silent.has(at())) {
      await create.call(this)
      if (at() === first) return
    }
  }

/** The brokers that are not known to be silent, connected ones first. */
const respondingBrokers = ({ brokers }: BrokerPool): readonly string[] =>
  Object.entries(brokers)
    .filter(([, { connectionPool }]) => !silent.has(addressOf(connectionPool)))
    .toSorted(([, a], [, b]) => Number(b.isConnected()) - Number(a.isConnected()))
    .map(([nodeId]) => nodeId)

function closeUnanswered(send: Connection['send']): Connection['send'] {
  const { KafkaJSConnectionError: Unreachable, KafkaJSConnectionClosedError: Closed } = internal('errors')
  return async function (exchange) {
    const { host, port, socket } = this
    // A hanging broker accepts connections: only the first request on one shows that it hangs.
    const firstAnswer =
      exchange.request.apiKey === API_VERSIONS
        ? setTimeout(
            () => closeConnection(this, socket, new Unreachable('Connection timeout', { broker: addressOf(this) })),
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
      closeConnection(this, socket, closed)
      throw closed
    } finally {
      clearTimeout(firstAnswer)
    }
  }
}

const isLate = (error: unknown): error is Error & { readonly sentAt: number } =>
  error instanceof Error && error.name === 'KafkaJSRequestTimeoutError' && 'sentAt' in error

/** Brokers answer in order: a request that was sent while a member waits for its group is answered after that, and the broker is healthy. */
const isBehind = ({ requestQueue }: Connection, { sentAt }: { readonly sentAt: number }): boolean =>
  [...requestQueue.inflight.values()].some((other) => other.sentAt <= sentAt)

/** Closes a connection at once, unless it is another one by now. Requests that wait for an answer on it fail with this error. */
function closeConnection(connection: Connection, socket: Socket | undefined, error: Error): void {
  silent.add(addressOf(connection))
  if (connection.socket !== socket) return
  // What still arrives on it must not be read; half an answer is dropped when it connects again (patches/connection.ts).
  socket?.removeAllListeners().on('error', () => {})
  socket?.destroy()
  const { requestQueue } = connection
  Object.assign(connection, { connectionStatus: 'disconnected', authenticatedAt: null })
  requestQueue.destroy()
  requestQueue.rejectAll(error)
}
