import type { Server } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { serverLimits } from '../../limits/server-limits.ts'
import type { Metrics } from '../../metrics/metrics.ts'
import { closeServer } from '../ops-server.ts'
import { guardServer } from './guard-server.ts'
import { trackSilentConnections } from './silent-connections.ts'

/**
 * Limits what connections cost on both ports before anything is known of a request. Returns what breaks off the public connections that
 * have sent nothing yet. The port for operators ends with the app, after its routes: probes are answered while the public port drains.
 */
export function guardConnections(
  app: FastifyInstance,
  opsServer: Server | undefined,
  maxConnections: number,
  metrics: Pick<Metrics, 'limited'>,
): () => void {
  const guard = (server: Server, connections: number, name: 'HTTP_CONNECTIONS' | 'OPS_CONNECTIONS') => {
    const onBeyond = (limit: 'connections' | 'pipelined') => metrics.limited(limit === 'pipelined' ? 'PIPELINED' : name)
    guardServer(server, { connections, onBeyond })
    // Whatever a client expects (`Expect`), it gets the answer that every client gets.
    server.on('checkExpectation', (request, response) => server.emit('request', request, response))
    return trackSilentConnections(server)
  }
  const breakSilentOff = guard(app.server, maxConnections, 'HTTP_CONNECTIONS')
  if (opsServer) {
    const breakSilentOpsOff = guard(opsServer, serverLimits.OPS_CONNECTIONS.most, 'OPS_CONNECTIONS')
    app.addHook('onClose', async () => {
      breakSilentOpsOff()
      await closeServer(opsServer)
    })
  }
  return breakSilentOff
}
