import { sourceSuite, storeSuite } from '@belfry/core/testing'
import { describe, it } from 'vitest'
import { createLog, createStore } from '../src/index.ts'
import { oneDatabase } from './one-database.ts'

const { empty } = oneDatabase()

describe('the store on PGlite', () => {
  for (const { name, run } of storeSuite()) it(name, () => run(async (options) => createStore(await empty(), options)))
})

describe('the embedded log on PGlite', () => {
  for (const { name, run } of sourceSuite()) it(name, () => run(async () => createLog(await empty())))
})
