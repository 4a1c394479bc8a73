import { parentPort, workerData } from 'node:worker_threads'
import { createIntake, createRetry } from '@belfry/core'
import { createStore, openPostgres } from '@belfry/postgres'
import { composeHost } from '../compose-host.ts'
import { milliseconds } from '../config/schema.ts'
import { createLogger } from '../logger.ts'
import { postgresOptionsOf } from '../postgres-options.ts'
import { type AnyAsk, carry, type FromThread, type ThreadData, type ToThread } from './messages.ts'
import { openSource } from './open-source.ts'
import { summarize } from './summary.ts'
import { createThreadState } from './thread-state.ts'

// One thread of the intake: it reads, decides and applies, on connections of its own. Whoever serves sockets hears what has changed.

const post = (message: FromThread) => parentPort?.postMessage(message)
/** What whoever has started us gave along, of this very program. */
const data: ThreadData = workerData

/** A thread that runs in a circle does not tick. */
const TICK = 200

try {
  const serve = await open()
  parentPort?.on('message', (message: ToThread) => void serve(message))
  post({ kind: 'ready' })
} catch (error) {
  post({ kind: 'failed', error: carry(error) })
}

async function open(): Promise<(message: ToThread) => Promise<void>> {
  const { config, topics, pluginIds } = data
  if (config.postgres === undefined) throw new Error('threads need a store that others can share')
  const log = createLogger(config, { write: (line) => post({ kind: 'line', line }) })
  const state = createThreadState(topics, pluginIds, data.state)
  const ticking = setInterval(state.tick, TICK)
  const { host } = await composeHost(config, new URL(data.plugins), log, state.watch)
  const connected = new Set(data.connected)

  const database = await openPostgres({ ...postgresOptionsOf(config.postgres), poolSize: 2, backgroundPoolSize: 2 })
  const store = await createStore(database, { render: host.render })
  const { source, members } = openSource({
    ...{ config, database, store, log },
    onRenewed: () => post({ kind: 'renewed' }),
  })
  const envelopes = config.kafka?.envelope ?? {}
  const intake = createIntake({
    ...{ source, store, host, log, envelopes },
    onApplied: (report) => post({ kind: 'applied', summary: summarize(report, (person) => connected.has(person)) }),
    notifyMaxAge: milliseconds(config.notify_max_age),
  })
  const retry = createRetry({ store, host, log, envelopes })
  await intake.open(topics)

  let told = ''
  const tellStatus = () => {
    const status = intake.status()
    const text = JSON.stringify(status)
    if (text !== told) post({ kind: 'status', status })
    told = text
  }
  const telling = setInterval(tellStatus, TICK)

  const answer = async ({ ask, with: about }: AnyAsk): Promise<unknown> => {
    switch (ask) {
      case 'start':
        return intake.start(...about)
      case 'pause':
        return intake.pause(about)
      case 'resume':
        return intake.resume(about)
      case 'look':
        return intake.look()
      case 'move':
        return intake.move(about)
      case 'progress':
        return source.progress()
      case 'retry':
        return retry(about.id, about.force)
      case 'close':
        await intake.close()
        await members
          ?.close()
          .catch((error: unknown) => log.warn({ err: error }, 'a member could not be taken off the list'))
        await store.close()
        clearInterval(ticking)
        clearInterval(telling)
        return undefined
    }
  }
  return async (message) => {
    if (message.kind === 'connected') return void connected[message.here ? 'add' : 'delete'](message.person)
    const { id, what } = message
    try {
      const value = (await answer(what)) ?? null
      if (what.ask !== 'progress' && what.ask !== 'close') tellStatus()
      post({ kind: 'answer', id, answer: value })
    } catch (error) {
      post({ kind: 'refused', id, error: carry(error) })
    }
    if (what.ask === 'close') parentPort?.close()
  }
}
