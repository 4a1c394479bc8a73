import { createHost, createIntake, type Position, type Store } from '@belfry/core'
import { createMemoryStore } from '@belfry/core/testing'
import { createKafkaSource } from '@belfry/kafka'
import { uniqueName } from '@belfry/test-services'
import { expect } from 'vitest'
import plugins from '../../src/plugins.ts'
import { topics } from './planned.ts'
import { quiet } from './produce.ts'
import { without } from './visible.ts'

/** The store in memory, given what Kafka has, by somebody whom nobody disturbs. */
export interface Reference {
  readonly store: Store
  /** How many records of each topic it has been given. */
  readonly read: ReadonlyMap<string, number>
  /** Reads on, to these ends; what is large is told to its end. */
  catchUp(ends: () => Promise<readonly Position[]>): Promise<void>
}

export interface ReferenceOptions {
  readonly bootstrap: readonly string[]
  /** Names of topics on the brokers. */
  readonly names: Readonly<Record<string, string>>
}

export function createReference({ bootstrap, names }: ReferenceOptions): Reference {
  const host = createHost({ plugins })
  const store = createMemoryStore({ render: host.render })
  const read = new Map<string, number>()
  return {
    store,
    read,
    async catchUp(ends) {
      const source = createKafkaSource({
        bootstrapServers: bootstrap,
        clientId: 'reference',
        groupId: uniqueName(),
        topicNames: names,
        logger: quiet,
      })
      const intake = createIntake({
        source,
        store,
        host,
        onApplied({ slices }) {
          for (const { topic, entries } of slices) read.set(topic, (read.get(topic) ?? 0) + entries.length)
        },
      })
      try {
        await intake.open(topics)
        intake.start(...topics)
        const left = async () => without(placesOf(await ends()), placesOf(await store.positions.of(topics)))
        await expect.poll(left, { timeout: 30_000 }).toEqual([])
      } finally {
        await intake.close()
      }
      while ((await store.upkeep.fanOut(Date.now(), 500)).more);
    },
  }
}

/** Where partitions stand, in words and in order. */
export const placesOf = (positions: readonly Position[]): readonly string[] =>
  positions.map(({ topic, partition, next }) => `${topic}/${partition} at ${next}`).toSorted()
