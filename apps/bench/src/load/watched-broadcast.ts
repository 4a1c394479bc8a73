import { now } from './now.ts'
import type { WatchedText } from './orders.ts'

/** Records when a text arrives, which every socket is to receive once. */
export class WatchedBroadcast {
  readonly #watched: WatchedText
  readonly #arrivedAt: number[] = []
  readonly #complete = Promise.withResolvers<void>()

  constructor(watched: WatchedText) {
    this.#watched = watched
  }

  receive(text: string): void {
    if (!text.includes(this.#watched.text)) return
    if (this.#arrivedAt.push(now()) === this.#watched.sockets) this.#complete.resolve()
  }

  /** Resolves once all have arrived, or none has for a while. */
  async collect(): Promise<readonly number[]> {
    let before = 0
    const timer = setInterval(() => {
      if (this.#arrivedAt.length === before) this.#complete.resolve()
      before = this.#arrivedAt.length
    }, this.#watched.quietMs)
    await this.#complete.promise
    clearInterval(timer)
    return this.#arrivedAt
  }
}
