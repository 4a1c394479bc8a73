import type { Members } from '@belfry/core'
import { createKafkaClient, type KafkaOptions } from '../kafkajs/client.ts'
import { reasonOf } from '../reason-of.ts'
import { evict, membersOf } from './evict.ts'

export interface FailoverOptions extends KafkaOptions {
  readonly groupId: string
  readonly members: Pick<Members, 'gone' | 'listed' | 'forget'>
  /** Members are looked at every so many milliseconds. */
  readonly interval?: number
}

/** Every so many looks it is also seen whether all members of the group are ours. */
const STRANGERS = 10

/**
 * Takes members whose process has ended off their group, so that nobody waits until their session times out; and sees whether there are
 * others in it than those who share the store: what is given to them is not applied to it.
 */
export interface Failover {
  /** Looks once; resolves when whoever is gone is taken off. Never throws. */
  look(): Promise<void>
  /** Says that there are others in the group, in words. */
  trouble(): string | undefined
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
  let looks = 0
  let trouble: string | undefined
  /** Who was in the group and not on the list, the last time. */
  let strange: ReadonlySet<string> = new Set()

  const lookForStrangers = async () => {
    const all = await membersOf(kafka, groupId)
    // Whoever is let in is listed before, or soon after.
    const listed = new Set(await members.listed())
    const strangers = all.filter((member) => !listed.has(member))
    const staying = strangers.filter((member) => strange.has(member))
    strange = new Set(strangers)
    const before = trouble
    trouble =
      staying.length > 0
        ? `the group ${groupId} has members that do not use this database, and what is given to them is not applied here: ${staying.join(', ')}`
        : undefined
    if (trouble !== undefined && trouble !== before) log.error({ group: groupId, members: staying }, trouble)
  }
  const lookNow = async () => {
    try {
      const gone = await members.gone()
      if (gone.length > 0) {
        await evict(kafka, groupId, gone)
        await members.forget(gone)
        log.warn({ group: groupId, members: gone }, 'processes have ended without leaving their group: taken off it')
      }
      if (++looks % STRANGERS === 0) await lookForStrangers()
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
    trouble: () => trouble,
    async close() {
      clearInterval(timer)
      await looking
    },
  }
}
