import type { Socket } from 'node:net'
import type { Exchange } from './exchange.ts'

/** What is used of kafkajs's Connection: one socket to a broker. */
export interface Connection {
  readonly host: string
  readonly port: number
  /** In milliseconds. */
  readonly connectionTimeout: number
  readonly socket?: Socket
  readonly requestQueue: RequestQueue
  connectionStatus: string
  authenticatedAt: unknown
  /** What has arrived of an answer that is not complete, how many bytes these are, and how many it needs. */
  chunks: readonly Buffer[]
  bytesBuffered: number
  bytesNeeded: number
  isConnected(): boolean
  connect(this: Connection): Promise<unknown>
  send(this: Connection, exchange: Exchange<unknown>): Promise<unknown>
}

/** What is used of kafkajs's RequestQueue: the requests of a connection that have no answer yet. */
export interface RequestQueue {
  readonly inflight: ReadonlyMap<number, { readonly sentAt: number }>
  readonly pending: readonly unknown[]
  rejectAll(error: Error): void
  destroy(): void
  scheduleCheckPendingRequests(this: RequestQueue): void
}
