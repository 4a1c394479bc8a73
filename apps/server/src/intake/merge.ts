import type { IntakeStatus, Progress, TopicState } from '@belfry/core'

/** A topic as a whole is as the thread that does least: the lower state counts. */
const RANK: Readonly<Record<TopicState, number>> = { paused: 0, 'not started': 1, running: 2 }

/** The status of several intakes together; `troubles` is what else they wait for. */
export function mergeStatus(all: readonly IntakeStatus[], troubles: readonly string[]): IntakeStatus {
  const topics = new Map<string, IntakeStatus['topics'][number]>()
  for (const one of all.flatMap((status) => status.topics)) {
    const known = topics.get(one.topic)
    const isLower =
      known && (RANK[one.state] < RANK[known.state] || (one.state === known.state && one.why !== undefined))
    if (known === undefined || isLower) topics.set(one.topic, one)
  }
  const waiting = new Set([...troubles, ...all.flatMap((status) => status.waiting ?? [])])
  return { topics: [...topics.values()], ...(waiting.size > 0 && { waiting: [...waiting].join('; ') }) }
}

/** Where partitions stand: for each, as the thread reports that is furthest in it. */
export function mergeProgress(all: readonly Progress[]): readonly Progress[] {
  const partitions = Map.groupBy(all, ({ topic, partition }) => `${partition} ${topic}`)
  return [...partitions.values()].flatMap((some) => {
    const waits = some.find((one) => one.stranded !== undefined)
    if (waits) return waits
    const [furthest] = some.toSorted((a, b) => b.next - a.next)
    if (furthest === undefined) return []
    const { oldest: own, ...position } = furthest
    const end = Math.max(...some.map((one) => one.end))
    const lag = end - position.next
    const oldest = own ?? some.find((one) => one.oldest !== undefined)?.oldest
    return { ...position, end, lag, ...(oldest !== undefined && lag > 0 && { oldest }) }
  })
}
