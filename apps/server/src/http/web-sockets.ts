import websocket, { type WebsocketPluginOptions } from '@fastify/websocket'
import type { FastifyInstance } from 'fastify'
import { closeCodes } from '../delivery/close-codes.ts'
import { serverLimits } from '../limits/server-limits.ts'
import { refuseHandshake } from './client-errors.ts'
import { closeBrokenSocket, closeSocket } from './connections/close-socket.ts'

export interface WebSocketsOptions {
  /** Closes the connections that are served, before the server ends. */
  readonly onClose: () => Promise<void>
  /** Breaks off connections that have sent nothing yet. */
  readonly breakSilentOff: () => void
}

/** The types of the library do not have `maxPendingAutoPongs` yet. */
const options: WebsocketPluginOptions['options'] & { readonly maxPendingAutoPongs: number } = {
  maxPayload: serverLimits.FRAME.most,
  perMessageDeflate: false,
  maxPendingAutoPongs: serverLimits.PINGS.most,
  maxFragments: serverLimits.FRAGMENTS.most,
  maxBufferedChunks: serverLimits.CHUNKS.most,
  handleProtocols: (names) => (names.has('belfry.v1') ? 'belfry.v1' : false),
}

/** Lets routes serve WebSockets. */
export async function registerWebSockets(app: FastifyInstance, { onClose, breakSilentOff }: WebSocketsOptions) {
  await app.register(websocket, {
    options,
    // A client that breaks the rules of WebSocket is not an error of the server. The library has sent 1002, 1007 or 1009 by now: breaking
    // off at once would take it back.
    errorHandler: (error, socket, request) => {
      request.log.debug({ err: error }, 'a socket broke the rules')
      closeBrokenSocket(socket, error)
    },
    preClose: async () => {
      await onClose()
      // Sockets whose token is still being verified are closed too.
      for (const socket of app.websocketServer.clients) closeSocket(socket, closeCodes.RESTARTING)
      breakSilentOff()
    },
  })
  app.websocketServer.on('wsClientError', refuseHandshake)
}
