import { describe, it } from 'vitest'
import { createMemoryEventLog, createMemoryStore, sourceSuite, storeSuite } from '../../src/testing/index.ts'

describe('the store in memory', () => {
  for (const { name, run } of storeSuite()) it(name, () => run(async (options) => createMemoryStore(options)))
})

describe('the log in memory', () => {
  for (const { name, run } of sourceSuite()) it(name, () => run(async () => createMemoryEventLog()))
})
