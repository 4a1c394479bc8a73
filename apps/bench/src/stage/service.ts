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
  /** Starts it again once it was stopped, in the same place and on the same port. */
  restart(): Promise<void>
  /** Ends the process, and drops its database and topics. */
  [Symbol.asyncDispose](): Promise<void>
}

/** What does not change when a service is started again. */
export interface ServiceOptions extends Omit<Service, 'program' | 'restart' | typeof Symbol.asyncDispose> {
  /** Starts the program, and resolves once it is ready. */
  launch(): Promise<Program>
  /** What ends with the service. */
  readonly opened: AsyncDisposableStack
}

/** Starts a service. */
export async function createService({ launch, opened, ...rest }: ServiceOptions): Promise<Service> {
  let program = await launch()
  const kept = opened.move()
  return {
    ...rest,
    get program() {
      return program
    },
    async restart() {
      program = await launch()
    },
    async [Symbol.asyncDispose]() {
      await program.stop()
      await kept.disposeAsync()
    },
  }
}

/** The secret of all tokens. */
export const SECRET = 'a-secret-of-the-bench-with-32-characters'
