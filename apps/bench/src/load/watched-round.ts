import { randomUUID } from 'node:crypto'
import { histogramOf } from '../figures/histogram.ts'
import { quantilesOf } from '../figures/quantiles.ts'
import { markerOf } from './booking-events.ts'
import { now } from './now.ts'
import type { Arrivals } from './orders.ts'

const SLICE_MS = 100
const DIGIT_ZERO = 48
const DIGIT_NINE = 57

/** Records when each event of a round is sent, and when it first arrives on a socket. Only every `stride`th person is connected. */
export class WatchedRound {
  readonly id = randomUUID().slice(0, 8)
  readonly #marker = markerOf(this.id)
  readonly #sentAt: Float64Array
  readonly #arrivedAt: Float64Array
  /** The frame in which an event was seen last: a text may name its event twice. */
  readonly #seenIn: Uint32Array
  #frames = 0
  #arrived = 0
  #repeated = 0
  #lastAt = Number.NaN
  readonly #expected: number
  readonly #complete = Promise.withResolvers<void>()

  /** Event `n` is for the person `n * step`, counted around all people. */
  constructor(events: number, { people, stride, step }: Readonly<Record<'people' | 'stride' | 'step', number>>) {
    this.#sentAt = new Float64Array(events)
    this.#arrivedAt = new Float64Array(events)
    this.#seenIn = new Uint32Array(events)
    this.#expected = Array.from({ length: events }).filter(
      (_, index) => ((index * step) % people) % stride === 0,
    ).length
  }

  sent(index: number): void {
    this.#sentAt[index] = now()
  }

  /** Finds the events of this round that a frame names. */
  receive(text: string): void {
    const at = now()
    this.#frames++
    const marker = this.#marker
    for (let from = text.indexOf(marker); from !== -1; from = text.indexOf(marker, from)) {
      from += marker.length
      let index = 0
      for (
        let digit = text.charCodeAt(from);
        digit >= DIGIT_ZERO && digit <= DIGIT_NINE;
        digit = text.charCodeAt(++from)
      )
        index = 10 * index + digit - DIGIT_ZERO
      this.#see(index, at)
    }
  }

  /** Resolves once everything has arrived, or nothing has for this long. */
  async collect({ from, quietMs }: { readonly from: number; readonly quietMs: number }): Promise<Arrivals> {
    let before = -1
    const timer = setInterval(() => {
      if (this.#arrived === before) this.#complete.resolve()
      before = this.#arrived
    }, quietMs)
    if (this.#arrived < this.#expected) await this.#complete.promise
    clearInterval(timer)
    return this.#arrivals(from)
  }

  #see(index: number, at: number): void {
    if (this.#seenIn[index] === this.#frames || index >= this.#sentAt.length) return
    this.#seenIn[index] = this.#frames
    if (this.#arrivedAt[index] !== 0) {
      this.#repeated++
      return
    }
    this.#arrivedAt[index] = at
    this.#lastAt = at
    if (++this.#arrived === this.#expected) this.#complete.resolve()
  }

  #arrivals(from: number): Arrivals {
    const latencies: number[] = []
    const slices = new Map<number, number>()
    for (const [index, at] of this.#arrivedAt.entries()) {
      if (at === 0) continue
      latencies.push(at - (this.#sentAt[index] ?? 0))
      const slice = Math.ceil((at - from) / SLICE_MS)
      slices.set(slice, (slices.get(slice) ?? 0) + 1)
    }
    return {
      expected: this.#expected,
      arrived: this.#arrived,
      repeated: this.#repeated,
      lastAt: this.#lastAt,
      latency: quantilesOf(latencies),
      latencies: histogramOf(latencies),
      curve: [...slices].sort(([a], [b]) => a - b).map(([slice, count]) => [(slice * SLICE_MS) / 1_000, count]),
    }
  }
}
