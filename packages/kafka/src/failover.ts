import type { Members } from '@belfry/core'
import { createKafkaClient, type KafkaOptions } from './client.ts'
import { evict } from './evict.ts'
import { reasonOf } from './reason-of.ts'

export interface FailoverOptions extends KafkaOptions {
  readonly groupId: string
  readonly members: Pick<Members, 'gone' | 'forget'>
  /** Members are looked at every so many milliseconds. */
  readonly interval?: number
}

/** Takes members whose process has ended off their group, so that nobody waits until their session times out. */
export interface Failover {
  /** Looks once; resolves when whoever is gone is taken off. Never throws. */
  look(): Promise<void>
  close(): Promise<void>
}

/**
 * Begins to look every second. Whoever is taken off by mistake loses nothing: the positions keep it from applying what somebody else
 * has, and it joins again.
 */
export function createFailover({ groupId, members, interval = 1_000, ...options }: FailoverOptions): Failover {
  const { log } = options
  const kafka = createKafkaClient(options)
  let looking: Promise<void> | undefined
  let isSaid = false

  const lookNow = async () => {
    try {
      const gone = await members.gone()
      if (gone.length > 0) {
        await evict(kafka, groupId, gone)
        await members.forget(gone)
        log.warn({ group: groupId, members: gone }, 'processes have ended without leaving their group: taken off it')
      }
      isSaid = false
    } catch (error) {
      // It is looked again in a second, and the session's timeout ends the wait all the same.
      if (!isSaid) log.warn({ err: error }, `members that are gone cannot be taken off their group: ${reasonOf(error)}`)
      isSaid = true
    }
  }
  const look = () => {
    looking ??= lookNow().finally(() => {
      looking = undefined
    })
    return looking
  }
  const timer = setInterval(look, interval).unref()
  return {
    look,
    async close() {
      clearInterval(timer)
      await looking
    },
  }
}
