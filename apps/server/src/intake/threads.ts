import { existsSync } from 'node:fs'
import {
  coreErrors,
  type GivenBack,
  type Intake,
  type Log,
  type Position,
  type Progress,
  type Store,
} from '@belfry/core'
import type { Config } from '../config/schema.ts'
import { createCulprits } from './culprits.ts'
import { mergeProgress, mergeStatus } from './merge-status.ts'
import type { AnyAsk } from './messages.ts'
import type { Summary } from './summary.ts'
import { startThread, type ThreadHandle } from './thread-handle.ts'
import { createThreadState, type ThreadState } from './thread-state.ts'

export interface ThreadsOptions {
  readonly count: number
  readonly config: Config
  readonly plugins: URL
  readonly pluginIds: readonly string[]
  readonly topics: readonly string[]
  readonly store: Pick<Store, 'block' | 'setPaused'>
  readonly log: Log
  /** Told what each transaction did. */
  readonly onApplied: (summary: Summary) => void
  /** The store's history was renewed. */
  readonly onRenewed: () => void
  /** Given each line that a thread logs. */
  readonly onLine: (line: string) => void
  /** A thread that is silent for ten of these is ended; told every second unless a test does. */
  readonly everySecond?: (tick: () => void) => () => void
  /** Each thread's heap grows to so many megabytes. */
  readonly memory: number
}

/** The intake in threads of its own: the thread that serves sockets reads no record, and goes on when a handler does not. */
export interface Threads {
  readonly intake: Intake
  progress(): Promise<readonly Progress[]>
  /** Tries a dead letter again, in a thread. */
  retry(id: number, force: boolean): Promise<GivenBack>
  /** Somebody has connected to this process, or has no connection any more. */
  connected(person: string, here: boolean): void
}

interface Slot {
  readonly state: ThreadState
  thread: ThreadHandle | undefined
  isReady: boolean
  /** How often it was looked at without having ticked. */
  silence: number
  ticks: number
  /** Why there is none, in words. */
  why: string | undefined
}

const SILENT = 10
const LONGEST = 5_000

export function createThreads(options: ThreadsOptions): Threads {
  const { count, config, plugins, pluginIds, topics, store, log, memory, everySecond = eachSecond } = options
  const closing = new AbortController()
  const culprits = createCulprits({ store, log, clock: () => performance.now(), closing: closing.signal })
  const connected = new Set<string>()
  const started = new Set<string>()
  let stopWatching = () => {}
  const slots = Array.from(
    { length: count },
    (): Slot => ({
      state: createThreadState(topics, pluginIds),
      ...{ thread: undefined, isReady: false, silence: 0, ticks: 0, why: undefined },
    }),
  )

  const start = (slot: Slot, number: number, tries: number): Promise<void> => {
    slot.state.watch.leave()
    slot.silence = 0
    slot.isReady = false
    const thread = startThread({
      ...{ entry: entry(), memory },
      data: {
        ...{ config, topics, pluginIds, plugins: plugins.href, state: slot.state.buffer },
        connected: [...connected],
      },
      onApplied: options.onApplied,
      onRenewed: options.onRenewed,
      onLine: options.onLine,
      onDeath: (why) => void replace(slot, number, why, slot.isReady ? 0 : tries + 1),
      lost: () => coreErrors.STORE_UNAVAILABLE({ why: 'the thread that was asked has ended' }),
    })
    slot.thread = thread
    return thread.ready.then(async () => {
      slot.isReady = true
      slot.why = undefined
      await thread.ask({ ask: 'start', with: [...started] })
    })
  }
  /** Starts another in the place of one that has ended, once what ended it is kept in mind. */
  const replace = async (slot: Slot, number: number, why: string, tries: number) => {
    const inside = slot.state.inside()
    slot.thread = undefined
    slot.why = `intake thread ${number} has ended (${why}) and is started again`
    if (closing.signal.aborted) return
    log.error({ thread: number, ...inside }, slot.why)
    await culprits.ended(inside, why, slot.silence >= SILENT)
    if (tries > 0) await new Promise((resolve) => setTimeout(resolve, Math.min(100 * 2 ** tries, LONGEST)))
    // What it could not do it says itself, by ending.
    if (!closing.signal.aborted) start(slot, number, tries).catch(() => {})
  }
  const watch = () => {
    for (const slot of slots) {
      slot.state.setCareful(culprits.careful())
      const ticks = slot.state.ticks()
      slot.silence = ticks === slot.ticks ? slot.silence + 1 : 0
      slot.ticks = ticks
      if (slot.silence >= SILENT) slot.thread?.kill(`blocked its thread for ${SILENT} seconds`)
    }
  }
  const ready = () => slots.flatMap(({ thread, isReady }) => (thread !== undefined && isReady ? thread : []))
  const askAll = async (what: AnyAsk): Promise<readonly unknown[]> => {
    const answers = await Promise.allSettled(ready().map((thread) => thread.ask(what)))
    const refused = answers.find((one) => one.status === 'rejected')
    // One that has ended begins with what the store has by then.
    if (refused !== undefined && answers.every((one) => one.status === 'rejected')) throw refused.reason
    return answers.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  }
  let turn = 0
  const askOne = async (what: AnyAsk): Promise<unknown> => {
    const all = ready()
    const thread = all[turn++ % Math.max(1, all.length)]
    if (thread === undefined) throw coreErrors.STORE_UNAVAILABLE({ why: 'the threads of the intake are started again' })
    return thread.ask(what)
  }
  const known = (topic: string) => {
    if (!topics.includes(topic)) throw coreErrors.TOPIC_UNKNOWN({ topic, topics: topics.join(', ') })
  }

  const intake: Intake = {
    async open() {
      try {
        await Promise.all(slots.map((slot, index) => start(slot, index + 1, 0)))
      } catch (error) {
        closing.abort()
        for (const { thread } of slots) thread?.kill('another could not be opened')
        throw error
      }
      stopWatching = everySecond(watch)
    },
    start(...names) {
      names.forEach(known)
      for (const name of names) started.add(name)
      askAll({ ask: 'start', with: names }).catch((error: unknown) =>
        log.error({ err: error }, 'topics could not be started'),
      )
    },
    async pause(topic) {
      known(topic)
      await store.setPaused(topic, true)
      await askAll({ ask: 'pause', with: topic })
    },
    async resume(topic) {
      known(topic)
      await store.setPaused(topic, false)
      started.add(topic)
      await askAll({ ask: 'resume', with: topic })
    },
    async move(position) {
      known(position.topic)
      // What the thread was asked says what it answers.
      return (await askOne({ ask: 'move', with: position })) as Position
    },
    look: async () => void (await askAll({ ask: 'look', with: null })),
    status() {
      const merged = mergeStatus(
        topics,
        slots.flatMap(({ thread }) => thread?.status() ?? []),
      )
      const waiting = [
        ...slots.flatMap(({ why }) => why ?? []),
        ...(merged.waiting === undefined ? [] : [merged.waiting]),
      ]
      return { topics: merged.topics, ...(waiting.length > 0 && { waiting: waiting.join('; ') }) }
    },
    async close() {
      closing.abort()
      stopWatching()
      await Promise.all(slots.map(({ thread }) => thread?.close()))
    },
  }
  return {
    intake,
    async progress() {
      // What the thread was asked says what it answers.
      const all = (await askAll({ ask: 'progress', with: null })) as readonly (readonly Progress[])[]
      if (all.length === 0) throw coreErrors.LOG_UNAVAILABLE({ why: 'the threads of the intake are started again' })
      return mergeProgress(all)
    },
    // What the thread was asked says what it answers.
    retry: async (id, force) => (await askOne({ ask: 'retry', with: { id, force } })) as GivenBack,
    connected(person, here) {
      connected[here ? 'add' : 'delete'](person)
      for (const { thread } of slots) thread?.connected(person, here)
    },
  }
}

function eachSecond(tick: () => void): () => void {
  const timer = setInterval(tick, 1_000).unref()
  return () => clearInterval(timer)
}

/** The program of a thread: where there is no `.ts` there is a `.js`, built from it. */
function entry(): URL {
  const source = new URL('./thread.ts', import.meta.url)
  return existsSync(source) ? source : new URL('./thread.js', import.meta.url)
}
