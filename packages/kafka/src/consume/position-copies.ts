import type { Log } from '@belfry/core'

/** A partition, by the name that the brokers know, and how far it is applied. */
export interface Copy {
  readonly topic: string
  readonly partition: number
  readonly offset: string
}

/** Copies positions to the group, for whoever looks at its lag there. Nothing depends on them while we run. */
export interface PositionCopies {
  /** Positions have moved. */
  moved(): void
  /** Copies what has moved, for the last time. */
  close(): Promise<void>
}

export interface PositionCopiesOptions {
  /** What has moved since it was copied last. */
  readonly take: () => readonly Copy[]
  readonly commit: (copies: readonly Copy[]) => Promise<void>
  /** Milliseconds between two copies; 0 copies after every batch. */
  readonly interval: number
  readonly log: Log
}

/** What could not be copied is copied after so many milliseconds, where no interval is given. */
const AGAIN = 1_000

/** Begins to copy: off the path, one copy at a time. */
export function createPositionCopies({ take, commit, interval, log }: PositionCopiesOptions): PositionCopies {
  let timer: NodeJS.Timeout | undefined
  let under: Promise<void> | undefined
  let isDue = false
  let closed = false

  const later = (milliseconds: number) => {
    if (!closed)
      timer ??= setTimeout(() => {
        timer = undefined
        run()
      }, milliseconds)
  }
  const copy = async () => {
    const copies = take()
    if (copies.length === 0) return
    try {
      await commit(copies)
    } catch (error) {
      // The next one has it too, or whoever has the partition now. It may be the last for long.
      later(interval || AGAIN)
      log.debug({ err: error }, 'positions could not be copied to the group')
    }
  }
  const run = () => {
    isDue = under !== undefined
    under ??= copy().finally(() => {
      under = undefined
      if (isDue) run()
    })
  }
  return {
    moved() {
      if (interval === 0) run()
      else later(interval)
    },
    async close() {
      closed = true
      clearTimeout(timer)
      isDue = false
      await under
      await copy()
    },
  }
}
