import type { Replay } from '@belfry/core'
import type { SocketMetrics } from '../metrics/metrics.ts'
import { type Frame, ping, resetFrame } from './frames.ts'
import type { Outlet } from './outlet.ts'

/** Where a client begins. */
export interface Wanted {
  /** The client's number; without it, it begins at the present head. */
  readonly after?: number | undefined
  /** The epoch that `after` is of; without it only numbers are compared. */
  readonly epoch?: string | undefined
}

export interface SocketOptions {
  readonly person: string
  readonly outlet: Outlet
  readonly wanted: Wanted
  /** The store's epoch. */
  readonly epoch: string
  readonly metrics: Pick<SocketMetrics, 'frame'>
}

/** One connection of one person, and how much of the inbox it has been sent. */
export class Socket {
  readonly person: string
  readonly outlet: Outlet
  /** Where its first frame begins. */
  readonly wanted: Wanted
  readonly #metrics: Pick<SocketMetrics, 'frame'>
  /** The inbox's number after what was sent; undefined before the first frame. */
  #pushed: number | undefined
  /** The epoch that `#pushed` is of. */
  #epoch: string
  /** The highest head of the inbox that has been learned of. */
  #head = 0
  /** The first number that was sent and has not been shown yet, and when it was sent (milliseconds since 1970). */
  #unseen: { readonly head: number; readonly at: number } | undefined

  constructor({ person, outlet, wanted, epoch, metrics }: SocketOptions) {
    this.person = person
    this.outlet = outlet
    this.wanted = wanted
    this.#epoch = epoch
    this.#metrics = metrics
  }

  /** The inbox's number after what was sent; undefined before the first frame. */
  get pushed(): number | undefined {
    return this.#pushed
  }

  /** Whether its numbers are of another history than the store's is now. */
  hasStaleEpoch(epoch: string): boolean {
    return this.#epoch !== epoch
  }

  /** Whether it lacks something that has been learned of. */
  get isBehind(): boolean {
    return (this.#pushed ?? 0) < this.#head
  }

  /** Learns that the inbox is at this number, or beyond it. */
  learnHead(head: number): void {
    this.#head = Math.max(this.#head, head)
  }

  /** Sends frames that lead to `head`. */
  send(frames: readonly Frame[], head: number): void {
    this.#pushed = head
    this.learnHead(head)
    const sent = this.outlet.send(frames)
    for (const { type } of frames.slice(0, sent)) this.#metrics.frame(type)
  }

  /** Sends the first frames, of a history that may be another one than at its opening. */
  begin(epoch: string, frames: readonly Frame[], head: number): void {
    this.#epoch = epoch
    this.send(frames, head)
  }

  /** Makes the client load everything again, and go on from there. */
  reset(epoch: string, replay: Replay): void {
    this.#epoch = epoch
    this.#head = replay.head
    this.send([resetFrame(epoch, replay)], replay.head)
  }

  ping(): void {
    if (this.outlet.send([ping]) > 0) this.#metrics.frame('ping')
  }

  /** Notes that a notification was sent, unless an earlier one has not been shown yet. `now` is in milliseconds since 1970. */
  noteArrival(head: number, now: number): void {
    this.#unseen ??= { head, at: now }
  }

  /** Returns for how many milliseconds an arrival waited until it was shown; undefined where none was. */
  seen(head: number, now: number): number | undefined {
    if (this.#unseen === undefined || head < this.#unseen.head) return undefined
    const { at } = this.#unseen
    this.#unseen = undefined
    return now - at
  }
}
