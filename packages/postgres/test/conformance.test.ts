import { sourceSuite, storeSuite } from '@belfry/core/testing'
import { describe, it } from 'vitest'
import { createEventLog, createStore } from '../src/index.ts'
import { engines, oneDatabase } from './one-database.ts'

for (const [name, open] of engines)
  describe.skipIf(open === undefined)(`on ${name}`, () => {
    const { empty } = oneDatabase(open ?? (() => Promise.reject(new Error('no such engine'))))
    describe('the store', () => {
      for (const one of storeSuite())
        it(one.name, () => one.run(async (options) => createStore(await empty(), options)))
    })
    describe('the embedded log', () => {
      for (const one of sourceSuite()) it(one.name, () => one.run(async () => createEventLog(await empty())))
    })
  })
