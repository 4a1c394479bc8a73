import { Worker } from 'node:worker_threads'
import { builtOrNot } from '../../host/load-plugins.ts'
import { unpack } from './carry-error.ts'
import { heapOf, watchHeap } from './heap-watch.ts'
import type { Answer, Order, Question, Said, ThreadData } from './protocol.ts'
import { type Culprit, type Pulse, readPulse } from './pulse.ts'

/** How a thread ended. */
export interface Ended {
  /** What it did, in words that go on after its name. */
  readonly why: string
  /** The record or handler that it was in for the intake. */
  readonly culprit?: Culprit
  /** The record or handler that it was in for a dead letter. */
  readonly retrying?: Culprit
}

/** What was asked of a thread will not be answered: it has ended. */
export class ThreadEnded extends Error {
  readonly ended: Ended

  constructor(ended: Ended) {
    super(`the thread ${ended.why}`)
    this.ended = ended
  }
}

/** One thread, from its beginning to its end. */
export interface Thread {
  /**
   * It has opened everything.
   * @throws what kept it from opening, or ThreadEnded
   */
  readonly ready: Promise<void>
  readonly ended: Promise<Ended>
  readonly pulse: Pulse
  post(order: Order): void
  /** @throws what it threw, or ThreadEnded */
  ask(question: Question): Promise<Answer>
  /** Ends it wherever it is: `why` goes on after its name. */
  end(why: string): void
}

export interface ThreadOptions {
  readonly data: ThreadData
  /** What it says beside its answers. */
  readonly hear: (said: Extract<Said, { kind: 'applied' | 'status' | 'log' | 'doubt' | 'held' }>) => void
}

/** Whoever sits in a call of the system does not end; it is waited for so many milliseconds, and then it is as good as gone. */
const GIVE_UP = 5_000

/** Words for a thread whose heap is full. */
const FULL = 'ran out of memory'

/** Starts a thread that opens an intake. */
export function createThread({ data, hear }: ThreadOptions): Thread {
  const { number, memoryMb } = data
  const worker = new Worker(builtOrNot(new URL('./thread.ts', import.meta.url)), {
    ...{ workerData: data, name: `intake ${number}`, resourceLimits: { maxOldGenerationSizeMb: heapOf(memoryMb) } },
  })
  const pulse = readPulse(data.pulse, data.names)
  const ready = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<Ended>()
  // Whoever does not ask is not told.
  ready.promise.catch(() => {})
  const waiting = new Map<number, PromiseWithResolvers<Answer>>()
  let asked = 0
  let over: Ended | undefined
  /** Why it was ended by us. */
  let reason: string | undefined
  let thrown: unknown

  const conclude = (code?: number) => {
    if (over) return
    const [culprit, retrying] = [pulse.culprit('intake'), pulse.culprit('retry')]
    over = { why: reason ?? wordsOf(thrown, code), ...(culprit && { culprit }), ...(retrying && { retrying }) }
    for (const { reject } of [ready, ...waiting.values()]) reject(new ThreadEnded(over))
    waiting.clear()
    ended.resolve(over)
  }
  const end = (why: string) => {
    reason ??= why
    setTimeout(conclude, GIVE_UP).unref()
    void worker.terminate()
  }
  const listen = (said: Said) => {
    // What it still said before it ended counts; what comes from one that has been given up does not.
    if (over) return
    switch (said.kind) {
      case 'ready':
        return ready.resolve()
      case 'failed':
        ready.reject(unpack(said.error))
        return end('could not begin')
      case 'closed':
        return end('has closed')
      case 'full':
        return end(FULL)
      case 'answer':
      case 'refusal': {
        const waiter = waiting.get(said.id)
        waiting.delete(said.id)
        return said.kind === 'answer' ? waiter?.resolve(said.answer) : waiter?.reject(unpack(said.error))
      }
      default:
        return hear(said)
    }
  }
  const unwatch = watchHeap(
    pulse,
    () => worker.getHeapStatistics(),
    memoryMb,
    () => end(FULL),
  )
  worker.on('exit', unwatch)
  worker.on('message', listen)
  worker.on('error', (error) => (thrown = error))
  worker.on('exit', conclude)

  return {
    ...{ ready: ready.promise, ended: ended.promise, pulse, end },
    post: (order) => worker.postMessage(order),
    ask(question) {
      const answer = Promise.withResolvers<Answer>()
      if (over) answer.reject(new ThreadEnded(over))
      else {
        const id = asked++
        waiting.set(id, answer)
        worker.postMessage({ kind: 'ask', id, question } satisfies Order)
      }
      return answer.promise
    },
  }
}

function wordsOf(error: unknown, code: number | undefined): string {
  if (error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY') return FULL
  if (error !== undefined)
    return `ended with ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`
  return `was ended by process.exit(${code ?? 0})`
}
