import { Worker } from 'node:worker_threads'
import { builtOrNot } from '../../host/load-plugins.ts'
import { heapLimitMb, watchMemory } from './memory.ts'
import {
  type FromThread,
  type ThreadData,
  type ThreadRequest,
  type ThreadResponse,
  type ToThread,
  unpackError,
} from './messages.ts'
import { type Culprit, type Pulse, readPulse } from './pulse.ts'

/** How a thread ended. */
export interface ThreadEnd {
  /** What it did, in words that go on after its name. */
  readonly why: string
  /** The record or handler that it was in for the intake. */
  readonly culprit?: Culprit
  /** The record or handler that it was in for a dead letter. */
  readonly retrying?: Culprit
}

/** A request has no response: its thread has ended. */
export class ThreadEnded extends Error {
  readonly end: ThreadEnd

  constructor(end: ThreadEnd) {
    super(`the thread ${end.why}`)
    this.end = end
  }
}

/** A message of a thread that is not for its handle alone. */
export type ThreadMessage = Extract<FromThread, { kind: 'applied' | 'status' | 'log' | 'unconfirmed' | 'quarantined' }>

/** Milliseconds for which `terminate` is waited for: a thread inside a call of the operating system does not end, and counts as ended then. */
const TERMINATE_TIMEOUT_MS = 5_000

const OUT_OF_MEMORY = 'ran out of memory'

/** One thread of the intake, from its start to its end. */
export class ThreadHandle {
  readonly pulse: Pulse
  readonly #worker: Worker
  readonly #onMessage: (message: ThreadMessage) => void
  readonly #ready = Promise.withResolvers<void>()
  readonly #ended = Promise.withResolvers<ThreadEnd>()
  /** Requests without a response, by their ids. */
  readonly #waiting = new Map<number, PromiseWithResolvers<ThreadResponse>>()
  #lastId = 0
  /** Set once it has ended, or is given up. */
  #end: ThreadEnd | undefined
  /** Why this thread has ended it. */
  #reason: string | undefined
  #thrown: unknown

  /** Starts it. `onMessage` receives what it sends beside its responses. */
  constructor(data: ThreadData, onMessage: (message: ThreadMessage) => void) {
    const { number, memoryMb } = data
    this.#onMessage = onMessage
    this.pulse = readPulse(data.pulse, data.names)
    this.#worker = new Worker(builtOrNot(new URL('./worker.ts', import.meta.url)), {
      workerData: data,
      name: `intake ${number}`,
      resourceLimits: { maxOldGenerationSizeMb: heapLimitMb(memoryMb) },
    })
    // It may be that no caller waits for it.
    this.#ready.promise.catch(() => {})
    const unwatch = watchMemory({
      ticks: this.pulse.ticks,
      measure: () => this.#worker.getHeapStatistics(),
      limitMb: memoryMb,
      onFull: () => this.end(OUT_OF_MEMORY),
    })
    this.#worker.on('exit', unwatch)
    this.#worker.on('message', (message: FromThread) => this.#receive(message))
    this.#worker.on('error', (error) => (this.#thrown = error))
    this.#worker.on('exit', (code) => this.#conclude(code))
  }

  /**
   * Resolves once it has opened everything.
   * @throws what kept it from opening, or ThreadEnded
   */
  get ready(): Promise<void> {
    return this.#ready.promise
  }

  get ended(): Promise<ThreadEnd> {
    return this.#ended.promise
  }

  post(message: ToThread): void {
    this.#worker.postMessage(message)
  }

  /** @throws what the thread refuses it with, or ThreadEnded */
  request(request: ThreadRequest): Promise<ThreadResponse> {
    if (this.#end) return Promise.reject(new ThreadEnded(this.#end))
    const response = Promise.withResolvers<ThreadResponse>()
    const id = this.#lastId++
    this.#waiting.set(id, response)
    this.post({ kind: 'request', id, request })
    return response.promise
  }

  /** Ends it wherever it is: `why` goes on after its name. */
  end(why: string): void {
    this.#reason ??= why
    setTimeout(() => this.#conclude(), TERMINATE_TIMEOUT_MS).unref()
    void this.#worker.terminate()
  }

  #receive(message: FromThread): void {
    // What it has sent before it ended counts; what comes from one that is given up does not.
    if (this.#end) return
    switch (message.kind) {
      case 'ready':
        this.#ready.resolve()
        break
      case 'failed':
        this.#ready.reject(unpackError(message.error))
        this.end('could not begin')
        break
      case 'closed':
        this.end('has closed')
        break
      case 'full':
        this.end(OUT_OF_MEMORY)
        break
      case 'response':
        this.#settle(message.id)?.resolve(message.response)
        break
      case 'refusal':
        this.#settle(message.id)?.reject(unpackError(message.error))
        break
      default:
        this.#onMessage(message)
    }
  }

  #settle(id: number): PromiseWithResolvers<ThreadResponse> | undefined {
    const waiter = this.#waiting.get(id)
    this.#waiting.delete(id)
    return waiter
  }

  /** It has ended, or does not end in time: no response comes any more. */
  #conclude(code?: number): void {
    if (this.#end) return
    this.#end = endOf(this.pulse, this.#reason ?? wordsOf(this.#thrown, code))
    for (const { reject } of [this.#ready, ...this.#waiting.values()]) reject(new ThreadEnded(this.#end))
    this.#waiting.clear()
    this.#ended.resolve(this.#end)
  }
}

/** The end of a thread that is where its pulse has it now. */
export function endOf(pulse: Pulse, why: string): ThreadEnd {
  const [culprit, retrying] = [pulse.culprit('intake'), pulse.culprit('retry')]
  return { why, ...(culprit && { culprit }), ...(retrying && { retrying }) }
}

function wordsOf(error: unknown, code: number | undefined): string {
  if (error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY') return OUT_OF_MEMORY
  if (error !== undefined)
    return `ended with ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`
  return `was ended by process.exit(${code ?? 0})`
}
