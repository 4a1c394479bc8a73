import { BelfryError } from '@belfry/contracts/errors'
import { createMove, type LogView, type Progress } from '@belfry/core'
import { createSerialQueue, withDeadline } from '@belfry/core/flow'
import { TopicStates, type TopicStatus } from '@belfry/core/intake'
import type { IntakeParts } from '../intake-parts.ts'
import { mergeProgress, mergeStatus } from '../merge.ts'
import { createRetryInThreads } from './retry-in-threads.ts'
import { Supervisor, type SupervisorOptions } from './supervisor.ts'
import type { ThreadHandle } from './thread-handle.ts'

export interface IntakeInThreadsOptions extends SupervisorOptions {
  /** Reads where partitions stand without a thread. */
  readonly view: LogView
}

/** Milliseconds after which a thread that has not returned its progress is left out. */
const PROGRESS_TIMEOUT_MS = 1_500

/** Prepares an intake that applies in threads of its own, so that this one parses no record; they start with `open`. */
export function createIntakeInThreads(options: IntakeInThreadsOptions): IntakeParts {
  const { store, view, logger } = options
  const move = createMove({ source: view, positions: store.positions, logger })
  const topics = new TopicStates()
  const threads = new Supervisor(options, topics)
  /** What the threads have last reported of each topic, as long as nothing else has been decided here. */
  let reported: ReadonlyMap<string, TopicStatus> = new Map()
  const decisions = createSerialQueue()

  const decide = (topic: string, act: 'pause' | 'resume'): Promise<void> =>
    decisions.run(async () => {
      // A thread that is being started reads it there.
      await store.topics.setPaused(topic, act === 'pause')
      if (act === 'pause') topics.pause(topic)
      else {
        topics.release(topic)
        topics.start(topic)
      }
      await threads.requestAll({ of: act, topic })
      // It is so too where no thread is ready to report it.
      reported = new Map([...reported].filter(([name]) => name !== topic))
    })

  return {
    intake: {
      async open(names) {
        topics.open(names)
        await threads.open(names)
      },
      start(...names) {
        for (const name of names) topics.expectKnown(name)
        for (const name of names) topics.start(name)
        // A thread that ends meanwhile starts them when it is restarted.
        for (const thread of threads.ready()) thread.request({ of: 'start', topics: names }).catch(() => {})
      },
      async pause(topic) {
        topics.expectKnown(topic)
        await decide(topic, 'pause')
      },
      async resume(topic) {
        topics.expectKnown(topic)
        await decide(topic, 'resume')
      },
      async move(to) {
        topics.expectKnown(to.topic)
        const { from } = await move(to)
        // The thread that reads it might not notice before something comes. One that is being started reads it in the store.
        threads.requestAll({ of: 'refresh' }).catch(() => {})
        return from
      },
      refresh: () => threads.requestAll({ of: 'refresh' }),
      status() {
        const { statuses, troubles } = threads.statuses()
        const merged = mergeStatus(statuses, troubles)
        if (merged.topics.length > 0) reported = new Map(merged.topics.map((one) => [one.topic, one]))
        return { ...merged, topics: topics.statuses().map((own) => reported.get(own.topic) ?? own) }
      },
      async close() {
        await Promise.all([threads.close(), view.close()])
      },
    },
    retry: createRetryInThreads({ deadLetters: store.deadLetters, threads: () => threads.lively() }),
    presence(person, here) {
      for (const thread of threads.ready()) thread.post({ kind: 'presence', people: [person], here })
    },
    async progress() {
      const answers = await Promise.allSettled(threads.lively().map(progressOf))
      const some = answers.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
      if (some.length > 0) return mergeProgress(some.flat())
      const coded = answers.find((one) => one.status === 'rejected' && one.reason instanceof BelfryError)
      if (coded?.status === 'rejected') throw coded.reason
      return view.progress()
    },
  }
}

/** @throws what the thread refuses it with, or ThreadEnded; another error where it does not come in time */
async function progressOf(thread: ThreadHandle): Promise<readonly Progress[]> {
  const requested = thread.request({ of: 'progress' })
  const response = await withDeadline(
    requested,
    PROGRESS_TIMEOUT_MS,
    (why) => new Error(`an intake thread sent ${why}`),
  )
  return response.of === 'progress' ? response.progress : []
}
