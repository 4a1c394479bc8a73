import { allContracts, encodeRecord } from '@belfry/contracts'
import { createHost, createIntake } from '@belfry/core'
import { createEventLog, createStore, openPostgres } from '@belfry/postgres'
import { postgresForTests } from '@belfry/test-services'
import { afterAll, expect, it } from 'vitest'
import plugins from '../../src/plugins.ts'
import { largestData } from './data-of.ts'

const postgres = await postgresForTests()
afterAll(() => postgres?.[Symbol.asyncDispose]())

const now = Date.parse('2026-05-01T08:00:00Z')
const clock = () => now
const logger = { debug() {}, info() {}, warn() {}, error() {} }
const topics = [...new Set(allContracts.map(({ topic }) => topic))]

it.skipIf(postgres === undefined)(
  'the largest event of every contract is applied to Postgres, and none becomes a dead letter',
  async () => {
    if (postgres === undefined) return
    const host = createHost({ plugins })
    const database = await openPostgres({ url: await postgres.createDatabase() })
    const store = await createStore(database, { render: host.render, clock })
    const { source, publisher } = createEventLog(database, { clock })
    let applied = 0
    const onApplied: Parameters<typeof createIntake>[0]['onApplied'] = ({ slices }) => {
      applied += slices.flatMap(({ entries }) => entries).length
    }
    const intake = createIntake({ source, store, host, logger, clock, onApplied })
    try {
      await intake.open(topics)
      intake.start(...topics)
      for (const [index, contract] of allContracts.entries()) {
        const data = largestData(contract.schema)
        const event = contract.create({ source: '/test', id: contract.type, time: new Date(now).toISOString(), data })
        await publisher.publish([encodeRecord(event, contract)])
        await expect.poll(() => applied).toBe(index + 1)
        let more = true
        while (more) ({ more } = await store.upkeep.fanOut(now, 1_000))
        // At once: user.deleted also deletes the dead letters of its person.
        expect(await store.deadLetters.list({ limit: 100 })).toEqual([])
      }
    } finally {
      await intake.close()
      await store.close()
    }
  },
)
