import { BelfryError } from '@belfry/contracts/errors'
import { coreErrors, createMove, type IntakeStatus, type LogView, type Progress, type Store } from '@belfry/core'
import { createSerialQueue, withDeadline } from '@belfry/core/flow'
import type { IntakeParts } from '../intake-parts.ts'
import { mergeProgress, mergeStatus } from '../merge.ts'
import type { Thread } from './create-thread.ts'
import { type KeepThreadsOptions, keepThreads } from './keep-threads.ts'
import { createRetryInThreads } from './retry-in-threads.ts'

export interface ThreadsOptions extends KeepThreadsOptions {
  readonly store: Pick<Store, 'block' | 'setPaused' | 'deadLetters' | 'positionsOf' | 'movePositions'>
  /** Where partitions stand, found out without a thread. */
  readonly view: LogView
}

/** Milliseconds after which a thread that has not said how far it is is left out. */
const PROGRESS_MS = 1_500

/** Prepares an intake that applies in threads of its own, so that this one parses no record; they begin with `open`. */
export function createThreads(options: ThreadsOptions): IntakeParts {
  const { store, view, log } = options
  const move = createMove({ source: view, store, log })
  const wanted = new Set<string>()
  const threads = keepThreads(options, () => wanted)
  let topics: readonly string[] = []
  /** What was last known of the topics. */
  let known: IntakeStatus['topics'] = []
  /** Pauses and resumptions. */
  const decisions = createSerialQueue()

  const expectKnown = (topic: string) => {
    if (!topics.includes(topic)) throw coreErrors.TOPIC_UNKNOWN({ topic, topics: topics.join(', ') })
  }
  /** One after the other, in the order in which they were asked for. */
  const inTurn = (topic: string, act: 'pause' | 'resume'): Promise<void> =>
    decisions.run(async () => {
      // A thread that is being started reads it there.
      await store.setPaused(topic, act === 'pause')
      if (act === 'resume') wanted.add(topic)
      await threads.askAll({ of: act, topic })
      // Where no thread is ready to say so, it is so all the same.
      const state = act === 'pause' ? 'paused' : 'running'
      known = known.map((one) => (one.topic === topic ? { topic, state } : one))
    })
  const progressOf = async (thread: Thread): Promise<readonly Progress[]> => {
    const late = (why: string) => new Error(`an intake thread: ${why}`)
    const answer = await withDeadline(thread.ask({ of: 'progress' }), PROGRESS_MS, late)
    return answer.of === 'progress' ? answer.progress : []
  }

  return {
    intake: {
      async open(some) {
        topics = some
        known = some.map((topic) => ({ topic, state: 'not started' }))
        await threads.open(some)
      },
      start(...some) {
        some.forEach(expectKnown)
        for (const topic of some) wanted.add(topic)
        // One that ends meanwhile is told again when it is started anew.
        for (const thread of threads.ready()) thread.ask({ of: 'start', topics: some }).catch(() => {})
      },
      async pause(topic) {
        expectKnown(topic)
        await inTurn(topic, 'pause')
      },
      async resume(topic) {
        expectKnown(topic)
        await inTurn(topic, 'resume')
      },
      async move(to) {
        expectKnown(to.topic)
        const { from } = await move(to)
        // The one that reads it might not see it before something comes. One that is being started reads it in the store.
        void threads.askAll({ of: 'look' }).catch(() => {})
        return from
      },
      look: () => threads.askAll({ of: 'look' }),
      status() {
        const { statuses, troubles } = threads.statuses()
        const merged = mergeStatus(statuses, troubles)
        if (merged.topics.length > 0) known = merged.topics
        return { ...merged, topics: known }
      },
      async close() {
        await Promise.all([threads.close(), view.close()])
      },
    },
    retry: createRetryInThreads({ store, threads: threads.lively }),
    presence(person, here) {
      for (const thread of threads.ready()) thread.post({ kind: 'presence', people: [person], here })
    },
    async progress() {
      const answers = await Promise.allSettled(threads.lively().map(progressOf))
      const told = answers.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
      if (told.length > 0) return mergeProgress(told.flat())
      const coded = answers.find((one) => one.status === 'rejected' && one.reason instanceof BelfryError)
      if (coded?.status === 'rejected') throw coded.reason
      return view.progress()
    },
  }
}
