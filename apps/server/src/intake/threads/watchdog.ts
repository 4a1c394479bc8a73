import type { Pulse } from './pulse.ts'

/** A thread whose signs of life are counted. */
export interface Watched {
  readonly pulse: Pick<Pulse, 'ticks'>
  /** It has given none for too long. */
  onSilent(): void
}

/** Calls a thread silent after so many ticks of the watchdog's own. */
const SILENT = 10

/** Looks at threads at every tick. */
export interface Watchdog {
  watch(watched: Watched): Watching
  stop(): void
}

/** One thread that is being watched. */
export interface Watching {
  /** For how many ticks it has given no sign of life. */
  readonly silentFor: number
  stop(): void
}

/** Calls `tick` every second; answers what ends it. */
export type Ticks = (tick: () => void) => () => void

const everySecond: Ticks = (tick) => {
  const timer = setInterval(tick, 1_000).unref()
  return () => clearInterval(timer)
}

/**
 * Begins to look. What counts is ticks of the thread that looks, and no clock: where the whole process stood still, it missed as many
 * as the others, and blames nobody.
 */
export function createWatchdog(ticks: Ticks = everySecond): Watchdog {
  const all = new Map<Watched, { seen: number; silent: number }>()
  const stop = ticks(() => {
    for (const [watched, state] of all) {
      const now = watched.pulse.ticks()
      // One that has not begun is busy with loading.
      state.silent = now === state.seen && now > 0 ? state.silent + 1 : 0
      state.seen = now
      if (state.silent < SILENT) continue
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
