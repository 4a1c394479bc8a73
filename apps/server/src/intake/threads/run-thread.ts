import type { MessagePort } from 'node:worker_threads'
import { blameHandler } from '@belfry/core'
import { createLogger } from '../../logging/logger.ts'
import { pack } from './carry-error.ts'
import { createThreadIntake, type ThreadIntake } from './create-thread-intake.ts'
import { createHeapGauge } from './heap-watch.ts'
import type { Answer, Order, Question, Said, ThreadData } from './protocol.ts'
import { writePulse } from './pulse.ts'

/** So often, in milliseconds, a thread shows that it is alive, and says how it is where that has changed. */
const TICK = 200

/** Runs an intake in this thread as the thread that serves tells it. */
export function runThread(port: MessagePort, data: ThreadData): void {
  const { number, config, names } = data
  const say = (said: Said) => port.postMessage(said)
  const pulse = writePulse(data.pulse, names)
  const log = createLogger(config, { write: (line) => say({ kind: 'log', line }) }).child({ thread: number })
  /** Until when handlers run, and records are taken, one at a time, as `performance.now()` counts. */
  const until = { handlers: 0, records: 0 }
  const here = new Set<string>()

  const opened = createThreadIntake({
    ...{ data, log, pulse, say },
    oneHandler: () => performance.now() < until.handlers,
    oneRecord: () => performance.now() < until.records,
    isHere: (person) => here.has(person),
  })
  let told = ''
  const tellStatus = ({ intake }: ThreadIntake) => {
    const status = intake.status()
    const text = JSON.stringify(status)
    if (text !== told) say({ kind: 'status', status })
    told = text
  }

  const answer = async (own: ThreadIntake, id: number, question: Question) => {
    try {
      const given = await answerOf(own, question)
      // Whoever gets the answer looks at the status.
      tellStatus(own)
      say({ kind: 'answer', id, answer: given })
    } catch (error) {
      say({ kind: 'refusal', id, error: pack(error) })
    }
  }
  const close = async (own: ThreadIntake) => {
    await own.close().catch((error: unknown) => log.error({ err: error }, 'the intake did not close in order'))
    say({ kind: 'closed' })
  }
  // What a handler has begun and nobody has caught is that handler's; anything else ends the thread.
  const onUncaught = (error: unknown) => {
    if (!blameHandler(error)) throw error
  }
  process.on('uncaughtException', onUncaught)
  process.on('unhandledRejection', onUncaught)
  port.on('message', (order: Order) => {
    if (order.kind === 'careful') {
      const now = performance.now()
      until.handlers = now + order.handlersMs
      until.records = now + order.recordsMs
    } else if (order.kind === 'presence')
      for (const person of order.people) order.here ? here.add(person) : here.delete(person)
    // One that could not be opened has said so.
    else
      opened
        .then((own) => (order.kind === 'close' ? close(own) : answer(own, order.id, order.question)))
        .catch(() => {})
  })
  const isFull = createHeapGauge(data.memoryMb)
  const tick = () => {
    pulse.tick()
    if (isFull()) say({ kind: 'full' })
  }
  // At once: whatever blocks it before the second tick is seen too.
  tick()
  setInterval(tick, TICK)
  opened.then(
    (own) => {
      tellStatus(own)
      say({ kind: 'ready' })
      setInterval(() => tellStatus(own), TICK)
    },
    (error: unknown) => say({ kind: 'failed', error: pack(error) }),
  )
}

async function answerOf({ intake, source, retry }: ThreadIntake, question: Question): Promise<Answer> {
  switch (question.of) {
    case 'start':
      intake.start(...question.topics)
      return { of: 'done' }
    case 'pause':
    case 'resume':
      await intake[question.of](question.topic)
      return { of: 'done' }
    case 'look':
      await intake.look()
      return { of: 'done' }
    case 'progress':
      return { of: 'progress', progress: await source.progress() }
    case 'retry':
      return { of: 'retry', retried: await retry(question.id, question.force) }
  }
}
