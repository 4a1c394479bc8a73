import type { Pulse } from './pulse.ts'

/** A thread whose signs of life are counted. */
export interface Watched {
  readonly pulse: Pick<Pulse, 'ticks'>
  /** Called once it has given no sign of life for too long; it is not watched any more then. */
  onSilent(): void
}

/** A thread is silent after this many ticks of the watchdog's own. */
const TICKS_UNTIL_SILENT = 10

/** Checks threads at every tick. */
export interface Watchdog {
  watch(watched: Watched): Watching
  stop(): void
}

/** One thread that is being watched. */
export interface Watching {
  /** Ticks since its last sign of life. */
  readonly silentFor: number
  stop(): void
}

/** Calls `tick` every second; returns what ends it. */
export type Ticks = (tick: () => void) => () => void

const everySecond: Ticks = (tick) => {
  const timer = setInterval(tick, 1_000).unref()
  return () => clearInterval(timer)
}

/**
 * Starts to watch. It counts ticks of the thread that watches, and reads no clock: where the whole process stood still, this thread missed as
 * many ticks as the others, and no thread is called silent for it.
 */
export function createWatchdog(ticks: Ticks = everySecond): Watchdog {
  const all = new Map<Watched, { seen: number; silent: number }>()
  const stop = ticks(() => {
    for (const [watched, state] of all) {
      const now = watched.pulse.ticks()
      // One that has not begun is busy with loading.
      state.silent = now === state.seen && now > 0 ? state.silent + 1 : 0
      state.seen = now
      if (state.silent < TICKS_UNTIL_SILENT) continue
      all.delete(watched)
      watched.onSilent()
    }
  })
  return {
    watch(watched) {
      const state = { seen: 0, silent: 0 }
      all.set(watched, state)
      return {
        get silentFor() {
          return state.silent
        },
        stop: () => void all.delete(watched),
      }
    },
    stop,
  }
}
