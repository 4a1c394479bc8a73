import type { Members } from '@belfry/core'
import { createKafkaClient, type KafkaOptions } from '../kafkajs/client.ts'
import { reasonOf } from '../reason-of.ts'
import { evict, membersOf } from './evict.ts'

export interface FailoverOptions extends KafkaOptions {
  readonly groupId: string
  readonly members: Pick<Members, 'gone' | 'listed' | 'forget'>
  /** Milliseconds between two checks. */
  readonly interval?: number
}

/** With every tenth check, all members of the group are compared with those that share the store. */
const CHECKS_PER_COMPARISON = 10

/**
 * Evicts members whose process has ended from their group, so that the others do not wait until their sessions time out. Also detects
 * members that do not share the store: what they consume is not applied to it.
 */
export interface Failover {
  /** Checks once; resolves when the members of ended processes are evicted. Never throws. */
  check(): Promise<void>
  /** Names the members that do not share the store, in words. */
  trouble(): string | undefined
  close(): Promise<void>
}

/**
 * Begins to check every second. A member that is evicted by mistake loses nothing: the positions keep it from applying what another
 * member has applied, and it joins again.
 */
export function createFailover({ groupId, members, interval = 1_000, ...options }: FailoverOptions): Failover {
  const { logger } = options
  const kafka = createKafkaClient(options)
  let underWay: Promise<void> | undefined
  let isFailing = false
  let checks = 0
  let trouble: string | undefined
  /** The members that were in the group and not listed in the store at the last comparison. */
  let unlisted: ReadonlySet<string> = new Set()

  const compareMembers = async () => {
    const all = await membersOf(kafka, groupId)
    // A new member is listed before the group lets it in, or soon after.
    const listed = new Set(await members.listed())
    const now = all.filter((member) => !listed.has(member))
    const staying = now.filter((member) => unlisted.has(member))
    unlisted = new Set(now)
    const before = trouble
    trouble =
      staying.length > 0
        ? `the group ${groupId} has members that do not use this database, and the partitions that are assigned to them are not applied here: ${staying.join(', ')}`
        : undefined
    if (trouble !== undefined && trouble !== before) logger.error({ group: groupId, members: staying }, trouble)
  }
  const checkNow = async () => {
    try {
      const gone = await members.gone()
      if (gone.length > 0) {
        await evict(kafka, groupId, gone)
        await members.forget(gone)
        logger.warn(
          { group: groupId, members: gone },
          'processes ended without leaving their group: their members were evicted',
        )
      }
      if (++checks % CHECKS_PER_COMPARISON === 0) await compareMembers()
      isFailing = false
    } catch (error) {
      // The next check is in a second, and the session timeout ends the wait all the same.
      if (!isFailing)
        logger.warn({ err: error }, `members of ended processes cannot be evicted from their group: ${reasonOf(error)}`)
      isFailing = true
    }
  }
  const check = () => {
    underWay ??= checkNow().finally(() => {
      underWay = undefined
    })
    return underWay
  }
  const timer = setInterval(check, interval).unref()
  return {
    check,
    trouble: () => trouble,
    async close() {
      clearInterval(timer)
      await underWay
    },
  }
}
