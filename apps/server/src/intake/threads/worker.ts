import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { blameHandler } from '@belfry/core'
import type { Logger } from 'pino'
import { memoryOf } from '../../delivery/packed-frames.ts'
import { createLogger } from '../../logging/logger.ts'
import { readCaution } from './caution.ts'
import { createMemoryGauge } from './memory.ts'
import {
  type FromThread,
  packError,
  type ThreadData,
  type ThreadRequest,
  type ThreadResponse,
  type ToThread,
} from './messages.ts'
import { type PulseWriter, writePulse } from './pulse.ts'
import { createThreadIntake, type ThreadIntake } from './thread-intake.ts'

// The module that a thread of the intake runs (thread-handle.ts).

/** Milliseconds between two ticks: a tick is a sign of life, and the moment to check whether the status has changed. */
const TICK_INTERVAL_MS = 200

/** Runs an intake in this thread as the messages of its port want it. */
class IntakeWorker {
  readonly #port: MessagePort
  readonly #pulse: PulseWriter
  readonly #logger: Logger
  /** The people who are connected to this instance. */
  readonly #here = new Set<string>()
  readonly #opened: Promise<ThreadIntake>
  /** The intake, once it is open. */
  #own: ThreadIntake | undefined
  /** The status that was sent last, as text. */
  #reported = ''

  constructor(port: MessagePort, data: ThreadData) {
    const { number, config, names, memoryMb } = data
    this.#port = port
    this.#pulse = writePulse(data.pulse, names)
    this.#logger = createLogger(config, { write: (line) => this.#send({ kind: 'log', line }) }).child({
      thread: number,
    })
    this.#opened = createThreadIntake({
      data,
      logger: this.#logger,
      pulse: this.#pulse,
      caution: readCaution(data.caution),
      isHere: (person) => this.#here.has(person),
      send: (message) => this.#send(message),
    })
    // What a handler has begun and nothing has caught is that handler's; anything else ends the thread.
    const onUncaught = (error: unknown) => {
      if (!blameHandler(error)) throw error
    }
    process.on('uncaughtException', onUncaught)
    process.on('unhandledRejection', onUncaught)
    port.on('message', (message: ToThread) => this.#receive(message))
    this.#tick(createMemoryGauge(memoryMb))
    this.#opened.then(
      (own) => {
        this.#own = own
        this.#reportStatus(own)
        this.#send({ kind: 'ready' })
      },
      (error: unknown) => this.#send({ kind: 'failed', error: packError(error) }),
    )
  }

  #send(message: FromThread): void {
    const { frames } = message.kind === 'applied' ? message.commit : {}
    this.#port.postMessage(message, frames === undefined ? [] : memoryOf(frames))
  }

  #tick(isFull: () => boolean): void {
    const tick = () => {
      this.#pulse.tick()
      if (isFull()) this.#send({ kind: 'full' })
      if (this.#own) this.#reportStatus(this.#own)
    }
    // At once: what blocks it before the second tick is noticed too.
    tick()
    setInterval(tick, TICK_INTERVAL_MS)
  }

  #receive(message: ToThread): void {
    if (message.kind === 'presence')
      for (const person of message.people) message.here ? this.#here.add(person) : this.#here.delete(person)
    else if (message.kind === 'request') this.#withIntake((own) => this.#respond(own, message.id, message.request))
    else this.#withIntake((own) => this.#close(own))
  }

  /** A thread that could not be opened has reported that. */
  #withIntake(act: (own: ThreadIntake) => Promise<void>): void {
    this.#opened.then(act).catch(() => {})
  }

  async #respond(own: ThreadIntake, id: number, request: ThreadRequest): Promise<void> {
    try {
      const response = await responseOf(own, request)
      // What reads the response reads the status next.
      this.#reportStatus(own)
      this.#send({ kind: 'response', id, response })
    } catch (error) {
      this.#send({ kind: 'refusal', id, error: packError(error) })
    }
  }

  async #close(own: ThreadIntake): Promise<void> {
    await own.close().catch((error: unknown) => this.#logger.error({ err: error }, 'the intake did not close in order'))
    this.#send({ kind: 'closed' })
  }

  #reportStatus({ intake }: ThreadIntake): void {
    const status = intake.status()
    const text = JSON.stringify(status)
    if (text !== this.#reported) this.#send({ kind: 'status', status })
    this.#reported = text
  }
}

async function responseOf({ intake, source, retry }: ThreadIntake, request: ThreadRequest): Promise<ThreadResponse> {
  switch (request.of) {
    case 'start':
      intake.start(...request.topics)
      return { of: 'done' }
    case 'pause':
    case 'resume':
      await intake[request.of](request.topic)
      return { of: 'done' }
    case 'refresh':
      await intake.refresh()
      return { of: 'done' }
    case 'progress':
      return { of: 'progress', progress: await source.progress() }
    case 'retry':
      return { of: 'retry', retried: await retry(request.id, request.force) }
  }
}

if (parentPort) new IntakeWorker(parentPort, workerData)
