import { setTimeout as pass } from 'node:timers/promises'
import { Kafka, logLevel, Partitioners } from 'kafkajs'
import { type Booking, encodeHttp, encodeKafka } from './booking-events.ts'
import type { Target } from './orders.ts'
import { tokenFor } from './token.ts'

/** Sends events in one request, and resolves once they are accepted: by all replicas, or by the leader alone. */
export type SendEvents = (events: readonly Booking[], acks: 'all' | 'leader') => Promise<void>

const RETRY_MS = 20
const BUSY = new Set([429, 503])

/** Connects to where events are sent. */
export async function connectTarget(target: Target): Promise<SendEvents> {
  if (target.kind === 'http') return overHttp(target)
  const kafka = new Kafka({ clientId: 'load', brokers: [...target.brokers], logLevel: logLevel.NOTHING })
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
  await producer.connect()
  const { topic } = target
  return async (events, acks) => {
    await producer.send({ topic, acks: acks === 'all' ? -1 : 1, messages: events.map(encodeKafka) })
  }
}

function overHttp({ http, secret }: Extract<Target, { readonly kind: 'http' }>): SendEvents {
  const headers = {
    authorization: `Bearer ${tokenFor('producer', secret, 'events:write')}`,
    'content-type': 'application/cloudevents-batch+json',
  }
  return async (events) => {
    const body = JSON.stringify(events.map(encodeHttp))
    for (;;) {
      const answer = await fetch(`${http}/v1/events`, { method: 'POST', headers, body })
      const text = await answer.text()
      if (answer.status === 202) return
      if (!BUSY.has(answer.status)) throw new Error(text)
      await pass(RETRY_MS)
    }
  }
}
