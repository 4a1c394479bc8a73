import type { DecodedHttp } from '@belfry/contracts'
import type { BatchReport } from '@belfry/core'

/** What is noticed of records that are applied or skipped: how they differ from what producers are to send, or a type that no plugin listens to. */
export type NoticeKind = BatchReport['slices'][number]['entries'][number]['forms'][number] | 'unknown_type'

/** How many records of one transaction had one kind, and where the first of them is. */
export interface Notice {
  readonly kind: NoticeKind
  readonly topic: string
  /** Of the first record; empty where it is not an event. */
  readonly type: string
  /** Absent where the event came over HTTP, with the offset. */
  readonly partition?: number
  readonly offset?: number
  /** The event of the first record, where it is one. */
  readonly source?: string
  readonly event?: string
  readonly count: number
}

/** What is noticed of events that came over HTTP. */
export function noticesOfHttp(events: Extract<DecodedHttp, { ok: true }>['events']): readonly Notice[] {
  return events.flatMap(({ event: { source, id, type }, contract: { topic }, forms = [] }) =>
    forms.map((kind) => ({ kind, topic, type, source, event: id, count: 1 })),
  )
}

/** What is noticed of one transaction: by kind and topic, and unknown types by type too. */
export function noticesOf(slices: BatchReport['appliedSlices']): readonly Notice[] {
  const notices = new Map<string, Notice>()
  for (const { topic, partition, entries } of slices)
    for (const { offset, event, forms, unknownType } of entries) {
      const add = (kind: NoticeKind, type: string) => {
        const name = kind === 'unknown_type' ? `${kind} ${topic} ${type}` : `${kind} ${topic}`
        const known = notices.get(name)
        const ofEvent = event === undefined ? {} : { source: event.source, event: event.id }
        const first = known ?? { kind, topic, type, partition, offset, count: 0, ...ofEvent }
        notices.set(name, { ...first, count: first.count + 1 })
      }
      if (unknownType !== undefined) add('unknown_type', unknownType)
      for (const form of forms) add(form, event?.type ?? '')
    }
  return [...notices.values()]
}
