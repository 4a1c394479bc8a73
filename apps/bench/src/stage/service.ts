import type { Protocol } from '../load/orders.ts'
import type { Program } from '../machine/program.ts'
import type { Place } from './services.ts'

/** A service that is measured, in a process of its own. */
export interface Service {
  readonly program: Program
  readonly protocol: Protocol
  /** The address of its sockets. */
  readonly url: string
  /** The address of its requests, where it has some. */
  readonly http?: string
  readonly place: Place
  /** The table with one row for each notification. */
  readonly table: string
  /** Ends the process, and drops its database and topics. */
  [Symbol.asyncDispose](): Promise<void>
}

/** The secret of all tokens. */
export const SECRET = 'a-secret-of-the-bench-with-32-characters'
