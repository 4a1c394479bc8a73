import type { Source } from '@belfry/core'
import { kafkaForTests, uniqueName } from '@belfry/test-services'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { createKafkaSource, type KafkaSourceOptions } from '../src/index.ts'
import { type Clients, connectClients, createLines, createPositions, valuesOf } from './on-kafka.ts'

/** Undefined where there is none, so that the tests are skipped; with CI set that is an error. */
export const kafka = await kafkaForTests()
export const bootstrapServers = kafka?.bootstrap ?? []
export let clients: Clients
const opened: Source[] = []
beforeAll(async () => {
  if (kafka !== undefined) clients = await connectClients(bootstrapServers)
})
afterAll(async () => {
  await clients?.close()
  await kafka?.[Symbol.asyncDispose]()
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map((source) => source.close()))
})

/** A source that has begun to read a topic and is closed with its test, with positions of its own unless some are given. */
export async function reading(
  topic: string | readonly string[],
  given: Partial<KafkaSourceOptions> & { positions?: ReturnType<typeof createPositions> } = {},
) {
  const { positions = createPositions(), ...more } = given
  const { logger, lines } = createLines()
  const source = createKafkaSource({ bootstrapServers, clientId: 'test', groupId: uniqueName(), logger, ...more })
  opened.push(source)
  const topics = [topic].flat()
  await source.open(topics, positions)
  topics.forEach(source.resume)
  return { source, positions, lines }
}
export const send = (topic: string, values: readonly string[], partition = 0) =>
  clients.producer.send({ topic, messages: values.map((value) => ({ value, partition })) })
export const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, index) => String(from + index))
export const all = (count: number) => (taken: Parameters<typeof valuesOf>[0]) => valuesOf(taken).length >= count
