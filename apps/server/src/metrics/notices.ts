import { shown } from '@belfry/contracts/check'
import type { Logger } from '@belfry/core'
import { serverLimits } from '../limits/server-limits.ts'
import { meantType } from './meant-type.ts'
import type { Metrics } from './metrics.ts'
import type { Notice } from './notice.ts'
import { noticeKinds, unsentReasons } from './notice-kinds.ts'
import type { UnsentCount } from './summary.ts'

/** What was noticed of the records that this instance has read: counted, and logged once for each topic and kind. */
export interface Notices {
  add(notices: readonly Notice[]): void
  /** Logs once for each message and reason that notifications were not sent; `metrics.applied` counts them. */
  logUnsent(unsent: readonly UnsentCount[]): void
  /** Sentences for operators about the types in a topic that are probably misspelt, as far as any came within a day. */
  ofTopic(topic: string): readonly string[]
}

export interface NoticesOptions {
  /** The types that plugins listen to. */
  readonly types: readonly string[]
  readonly metrics: Pick<Metrics, 'noticed'>
  readonly logger: Logger
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

/** A type of a topic that no plugin listens to. */
interface UnknownType {
  readonly topic: string
  readonly type: string
  /** The type that is probably meant. */
  readonly meant: string | undefined
  count: number
  /** When the last one came, in milliseconds since 1970. */
  at: number
}

const DAY_MS = 86_400_000
/** Sentences about one topic. */
const MAX_SENTENCES = 10

export function createNotices({ types, metrics, logger, clock }: NoticesOptions): Notices {
  const logged = new Set<string>()
  const unknown = new Map<string, UnknownType>()

  function log({ kind, topic, count: _, ...first }: Notice): void {
    if (logged.has(`${kind} ${topic}`)) return
    logged.add(`${kind} ${topic}`)
    const { level, means, remedy } = noticeKinds[kind]
    logger[level]({ topic, form: kind, ...first, remedy }, `${means}; logged once for this topic`)
  }

  function addUnknown({ topic, type, partition, offset, count }: Notice): void {
    const name = `${topic} ${type}`
    const known = unknown.get(name)
    const one = known ?? { topic, type, meant: meantType(type, types), count: 0, at: 0 }
    const { meant } = one
    if (known === undefined && !hasRoomFor(one)) {
      metrics.noticed({ kind: 'unknown_type', topic, type: 'other', meant: meant ?? '', count })
      logTooMany(topic)
      return
    }
    metrics.noticed({ kind: 'unknown_type', topic, type, meant: meant ?? '', count })
    one.count += count
    one.at = clock()
    unknown.set(name, one)
    if (known !== undefined) return
    const { level, remedy } = noticeKinds.unknown_type
    const fields = { topic, type, ...(meant !== undefined && { meant }), partition, offset, remedy }
    const sentence = `no plugin listens to ${shown(type)}: its events are skipped${meant === undefined ? '' : `, did you mean ${meant}?`}`
    logger[meant === undefined ? level : 'warn'](fields, `${sentence}; logged once for this topic`)
  }

  /** Types of other services do not take the room of misspelt ones. */
  function hasRoomFor({ meant }: UnknownType): boolean {
    const alike = [...unknown.values()].filter((one) => (one.meant === undefined) === (meant === undefined))
    return alike.length < serverLimits.LABEL_VALUES.most
  }

  function logTooMany(topic: string): void {
    if (logged.has('other')) return
    logged.add('other')
    logger.warn(
      { topic },
      `more than ${serverLimits.LABEL_VALUES.most} types came that no plugin listens to: further ones are only counted, as other`,
    )
  }

  return {
    add(notices) {
      for (const notice of notices)
        if (notice.kind === 'unknown_type') addUnknown(notice)
        else {
          metrics.noticed({ ...notice, meant: '' })
          log(notice)
        }
    },
    logUnsent(unsent) {
      for (const { plugin, message, reason, event, topic, partition, offset } of unsent) {
        const name = `unsent ${plugin} ${message} ${reason}`
        if (logged.has(name)) continue
        logged.add(name)
        const { means, remedy } = unsentReasons[reason]
        const place = { topic, partition, offset, source: event.source, event: event.id, type: event.type }
        logger.info({ plugin, message, reason, ...place, remedy }, `${means}; logged once for this message`)
      }
    },
    ofTopic(topic) {
      const since = clock() - DAY_MS
      const all = [...unknown.values()].filter(
        (one) => one.topic === topic && one.meant !== undefined && one.at > since,
      )
      const sentences = all
        .slice(0, MAX_SENTENCES)
        .map(
          ({ type, meant, count }) =>
            `records of the type ${shown(type)} are skipped (${count} by now), as no plugin listens to it: did you mean ${meant}?`,
        )
      return all.length > MAX_SENTENCES ? [...sentences, `and ${all.length - MAX_SENTENCES} more types`] : sentences
    },
  }
}
