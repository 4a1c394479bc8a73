import { createHost, type Store } from '@belfry/core'
import { createKafkaSource } from '@belfry/kafka'
import { createStore, openPostgres } from '@belfry/postgres'
import { uniqueName } from '@belfry/test-services'
import plugins from '../../src/plugins.ts'
import { topics } from './planned.ts'
import { quiet } from './produce.ts'
import type { Stage } from './stage.ts'

/** Lets a topic that is another one begin at its beginning, as an operator decides it: here, and in the store in memory. */
export async function moveToStart({ kafka, names, url, reference }: Stage, topic: string): Promise<void> {
  const source = createKafkaSource({
    bootstrapServers: kafka.bootstrap,
    clientId: 'operator',
    groupId: uniqueName(),
    topicNames: names,
    logger: quiet,
  })
  const { render } = createHost({ plugins })
  const store = await createStore(await openPostgres({ url }), { render })
  const move = async (of: Store) => {
    for (const from of await of.positions.of([topic]))
      await of.positions.move([{ from, to: await source.locate({ ...from, next: 0 }) }])
  }
  try {
    // It applies nothing, and only looks where topics are.
    await source.open(topics, { beginAt: async () => [], of: async () => [] })
    await move(store)
    await move(reference.store)
  } finally {
    await source.close()
    await store.close()
  }
}
