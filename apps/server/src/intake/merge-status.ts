import type { IntakeStatus, Progress, TopicState } from '@belfry/core'

/** The states of several intakes of the same topics as that of one: what one of them has paused or waits for is said. */
export function mergeStatus(topics: readonly string[], all: readonly IntakeStatus[]): IntakeStatus {
  const waiting = [...new Set(all.flatMap((one) => one.waiting ?? []))]
  return {
    topics: topics.map((topic) => {
      const found = all.flatMap((one) => one.topics.filter((state) => state.topic === topic))
      const why = found.find((one) => one.why !== undefined)?.why
      return { topic, state: worst(found.map(({ state }) => state)), ...(why !== undefined && { why }) }
    }),
    ...(waiting.length > 0 && { waiting: waiting.join('; ') }),
  }
}

const worst = (states: readonly TopicState[]): TopicState =>
  states.includes('paused') ? 'paused' : states.includes('running') ? 'running' : 'not started'

/** Where partitions stand, as each intake knows it, as one list: whoever reads one knows more of it. */
export function mergeProgress(all: readonly (readonly Progress[])[]): readonly Progress[] {
  const merged = new Map<string, Progress>()
  for (const one of all.flat()) {
    const place = `${one.partition} ${one.topic}`
    const found = merged.get(place)
    const oldest = one.oldest ?? found?.oldest
    const next = Math.max(one.next, found?.next ?? 0)
    const end = Math.max(one.end, found?.end ?? 0)
    const { topic, partition } = one
    merged.set(place, { topic, partition, next, end, ...(end > next && oldest !== undefined && { oldest }) })
  }
  return [...merged.values()]
}
