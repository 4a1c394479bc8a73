import { Worker } from 'node:worker_threads'
import type { IntakeStatus } from '@belfry/core'
import { type AnyAsk, arrive, type FromThread, type ThreadData, type ToThread } from './messages.ts'
import type { Summary } from './summary.ts'

/** What is made of what a thread tells. */
export interface ThreadEvents {
  readonly onApplied: (summary: Summary) => void
  readonly onRenewed: () => void
  readonly onLine: (line: string) => void
  /** It has ended, and was not asked to: why, in words. */
  readonly onDeath: (why: string) => void
}

/** A thread that runs. */
export interface ThreadHandle {
  /** Resolves once it is open. */
  readonly ready: Promise<void>
  /** What it has told of itself last; undefined until then. */
  status(): IntakeStatus | undefined
  /** Asks it; rejects with `lost` where it ends before it answers. */
  ask(what: AnyAsk): Promise<unknown>
  connected(person: string, here: boolean): void
  /** Ends it, whatever it is doing, and has it told as its death. */
  kill(why: string): void
  /** Lets it finish what it is at, and resolves when it has ended. */
  close(): Promise<void>
}

export interface ThreadHandleOptions extends ThreadEvents {
  readonly data: ThreadData
  /** The program of the thread. */
  readonly entry: URL
  /** Its heap grows to so many megabytes, and then it ends. */
  readonly memory: number
  /** What whoever waits for an answer of a thread that has ended is told. */
  readonly lost: () => Error
}

export function startThread(options: ThreadHandleOptions): ThreadHandle {
  const { data, entry, memory, lost, onApplied, onRenewed, onLine, onDeath } = options
  const worker = new Worker(entry, {
    workerData: data,
    resourceLimits: { maxOldGenerationSizeMb: memory },
    // What it says goes through our log.
    stdout: false,
    stderr: false,
  })
  const ready = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<void>()
  const waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>()
  let last = 0
  let status: IntakeStatus | undefined
  let why: string | undefined
  let isClosing = false

  const post = (message: ToThread) => worker.postMessage(message)
  const settle = (id: number) => {
    const one = waiting.get(id)
    waiting.delete(id)
    return one
  }
  worker.on('message', (message: FromThread) => {
    switch (message.kind) {
      case 'ready':
        return ready.resolve()
      case 'failed':
        ready.reject(arrive(message.error))
        return void worker.terminate()
      case 'applied':
        return onApplied(message.summary)
      case 'status':
        status = message.status
        return undefined
      case 'renewed':
        return onRenewed()
      case 'line':
        return onLine(message.line)
      case 'answer':
        return settle(message.id)?.resolve(message.answer)
      case 'refused':
        return settle(message.id)?.reject(arrive(message.error))
    }
  })
  worker.on('error', (error: unknown) => {
    why ??= reasonOf(error)
  })
  worker.on('exit', (code) => {
    ended.resolve()
    const reason = why ?? `it ended with code ${code}`
    ready.reject(new Error(reason))
    if (!isClosing) onDeath(reason)
    for (const { reject } of waiting.values()) reject(lost())
    waiting.clear()
  })
  // Whoever does not wait for it hears of its death all the same.
  ready.promise.catch(() => {})

  const ask = (what: AnyAsk): Promise<unknown> => {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    waiting.set(++last, { resolve, reject })
    post({ kind: 'ask', id: last, what })
    return promise
  }
  return {
    ready: ready.promise,
    status: () => status,
    ask,
    connected: (person, here) => post({ kind: 'connected', person, here }),
    kill(reason) {
      why ??= reason
      void worker.terminate()
    },
    async close() {
      isClosing = true
      await ask({ ask: 'close', with: null }).catch(() => {})
      await ended.promise
    },
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const isMemory = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
  return isMemory ? 'it ran out of memory' : error.message
}
