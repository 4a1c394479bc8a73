import type { CloseReason } from './close-codes.ts'
import type { Frame } from './frames.ts'

/** The far end of one connection, whatever carries it. */
export interface Outlet {
  /** Hands over frames in order; returns how many of them it took before it gave up the connection. */
  send(frames: readonly Frame[]): number
  /** Closes the connection, and names the reason where what carries it has a way to. */
  close(why: CloseReason): void
  /** Breaks the connection off: it has been silent for too long, or has not answered a close. */
  terminate(): void
  /** Whether its silence means anything: server-sent events never answer. */
  readonly answers: boolean
}
