import type { Position, Store } from '@belfry/core'
import { createHost } from '@belfry/core'
import { createStore, openPostgres } from '@belfry/postgres'
import { uniqueName } from '@belfry/test-services'
import { drawsOfTest } from '@belfry/test-services/random'
import { Kafka, logLevel } from 'kafkajs'
import { Client } from 'pg'
import { expect } from 'vitest'
import plugins from '../../src/plugins.ts'
import { temporaryFolder } from '../start-belfry.ts'
import { accounts, furniture } from './calm.ts'
import { type Instance, type InstanceOptions, startInstance } from './instance.ts'
import { COMPACTED, PARTITIONS, topics } from './planned.ts'
import { createWriter } from './produce.ts'
import { createReference, placesOf } from './reference.ts'
import type { Services } from './services.ts'
import { createStorm } from './storm.ts'
import { people, probe, visible, without } from './visible.ts'

export type Stage = Awaited<ReturnType<typeof openStage>>

/** So many differences are shown. */
const SHOWN = 10
/** Kept only until there is something newer under its key, and looked at all the time. */
const compacted = { 'cleanup.policy': 'compact', 'segment.ms': '100', 'min.cleanable.dirty.ratio': '0.0001' }

/** Six topics, a database, and a store in memory that is given the same; nothing runs yet. */
export async function openStage(services: Services | undefined) {
  if (services === undefined) throw new Error('there is no Kafka, or no Postgres')
  const { kafka, postgres } = services
  const { bootstrap } = kafka
  const draws = drawsOfTest()
  const prefix = uniqueName()
  const names = Object.fromEntries(topics.map((topic) => [topic, `${prefix}-${topic}`]))
  for (const topic of topics)
    await kafka.createTopic(`${prefix}-${topic}`, {
      partitions: PARTITIONS,
      config: topic === COMPACTED ? compacted : {},
    })
  const url = await postgres.createDatabase(prefix)
  const folder = await temporaryFolder()
  const writer = await createWriter({ bootstrap, names, draws })
  const reference = createReference({ bootstrap, names })
  const storm = createStorm(draws)
  const running = new Set<Instance>()

  /** Asks Postgres, by a connection of its own: it may have been away. */
  const query = async <Row extends object>(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> => {
    const client = new Client({ connectionString: url })
    client.on('error', () => {})
    try {
      await client.connect()
      return (await client.query<Row>(text, [...values])).rows
    } finally {
      await client.end().catch(() => {})
    }
  }
  const positions = async (): Promise<readonly Position[]> =>
    (await query<Position>('select topic, partition, next from position')).map((one) => ({
      topic: one.topic,
      partition: one.partition,
      next: Number(one.next),
    }))
  /** The ends of all partitions. */
  const ends = async (): Promise<readonly Position[]> => {
    const admin = new Kafka({ brokers: [...bootstrap], logLevel: logLevel.NOTHING }).admin()
    await admin.connect()
    try {
      const found = topics.map(async (topic) => {
        const offsets = await admin.fetchTopicOffsets(`${prefix}-${topic}`)
        return offsets.map(({ partition, high }): Position => ({ topic, partition, next: Number(high) }))
      })
      return (await Promise.all(found)).flat()
    } finally {
      await admin.disconnect()
    }
  }
  const usual = { folder: folder.path, bootstrap, names, group: prefix, postgres: url }
  const stage = {
    draws,
    storm,
    writer,
    reference,
    names,
    url,
    kafka,
    postgres,
    query,
    positions,
    ends,
    usual,
    /** Starts Belfry; what is given replaces what is usual here. */
    async start(more: Partial<InstanceOptions> = {}): Promise<Instance> {
      const instance = await startInstance({ ...usual, ...more })
      running.add(instance)
      return instance
    },
    async kill(instance: Instance) {
      running.delete(instance)
      await instance.kill()
    },
    /** How many records are applied. */
    applied: async () => (await positions()).reduce((sum, { next }) => sum + next, 0),
    /** Waits until everything is applied, to the last person of a large audience. */
    async settle(timeout = 60_000) {
      // A transaction that has ended may still write its markers.
      const left = async () => without(placesOf(await ends()), placesOf(await positions()))
      await expect.poll(left, { timeout, interval: 100 }).toEqual([])
      await expect.poll(() => query('select id from fanout'), { timeout }).toEqual([])
    },
    /** Writes what everything else is about, and waits until it is applied. */
    async calm() {
      for (const records of [accounts(draws), furniture(draws)]) {
        await writer.write(records)
        await stage.settle()
        await reference.catchUp(ends)
      }
    },
    /** Writes so many records of the storm, and does something once a part of them is applied. */
    async during(count: number, act: () => Promise<unknown>) {
      const enough = (await stage.applied()) + 1 + draws.below(count / 2)
      const writing = writer.write(storm.next(count))
      await expect.poll(stage.applied, { interval: 1, timeout: 40_000 }).toBeGreaterThanOrEqual(enough)
      await Promise.all([act(), writing])
    },
    /** Stops what runs, and compares the two stores; of these topics some records are gone. */
    async compare({ incomplete = [] }: { readonly incomplete?: readonly string[] } = {}) {
      await stage.settle()
      const codes = await Promise.all([...running].map((instance) => instance.stop()))
      running.clear()
      expect(codes).toEqual(codes.map(() => 0))
      await reference.catchUp(ends)
      await expectEqual(url, reference.store)
      for (const [topic, count] of writer.written)
        if (topic !== COMPACTED && !incomplete.includes(topic))
          expect([topic, reference.read.get(topic)]).toEqual([topic, count])
      expect(await query('select person from inbox where not person = any($1)', [people])).toEqual([])
    },
    async [Symbol.asyncDispose]() {
      for (const instance of running) await instance.kill()
      await writer.close()
      await folder[Symbol.asyncDispose]()
    },
  }
  return stage
}

/** Everything that can be seen is the same in both, now and once everybody is told something by audience and profile. */
async function expectEqual(url: string, reference: Store): Promise<void> {
  const { render } = createHost({ plugins })
  const store = await createStore(await openPostgres({ url }), { render })
  const compare = async () => {
    const [seen, wanted] = [await visible(store), await visible(reference)]
    const [missing, extra] = [without(wanted.lines, seen.lines), without(seen.lines, wanted.lines)]
    const found = { missing: missing.slice(0, SHOWN), extra: extra.slice(0, SHOWN), wrong: seen.wrong.slice(0, SHOWN) }
    expect(found).toEqual({ missing: [], extra: [], wrong: [] })
  }
  try {
    await compare()
    await probe(store)
    await probe(reference)
    await compare()
  } finally {
    await store.close()
  }
}
