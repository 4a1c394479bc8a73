import type { Pulse } from './pulse.ts'

/** A thread is silent after this many ticks of the watchdog without a sign of life. */
const TICKS_UNTIL_SILENT = 10

/** Calls `tick` every second; returns what ends it. */
export type Ticks = (tick: () => void) => () => void

const everySecond: Ticks = (tick) => {
  const timer = setInterval(tick, 1_000).unref()
  return () => clearInterval(timer)
}

/**
 * Watches one thread. It counts ticks of the thread that watches, and reads no clock: where the whole process stood still, this thread missed
 * as many ticks as the other, which is not called silent for it.
 */
export class Watchdog {
  readonly #stop: () => void
  /** The ticks of the thread at the last tick here. */
  #seen = 0
  #silentFor = 0

  /** Starts to watch. `onSilent` is called once, and the thread is not watched any more then. */
  constructor(pulse: Pick<Pulse, 'ticks'>, onSilent: () => void, ticks: Ticks = everySecond) {
    this.#stop = ticks(() => {
      const now = pulse.ticks()
      // A thread that has not begun is busy with loading.
      this.#silentFor = now === this.#seen && now > 0 ? this.#silentFor + 1 : 0
      this.#seen = now
      if (this.#silentFor < TICKS_UNTIL_SILENT) return
      this.#stop()
      onSilent()
    })
  }

  /** Ticks since the last sign of life. */
  get silentFor(): number {
    return this.#silentFor
  }

  stop(): void {
    this.#stop()
  }
}
