import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as pass } from 'node:timers/promises'
import { bookingCreated } from '@belfry/contracts/booking'
import { type AnyPlugin, definePlugin } from '@belfry/core'
import { noting } from './troubled-note.ts'

const events = { bookingCreated }
const messages = { told: { title: 'Booking {id}', body: '' } }

/** Tells of every booking. */
const steady: AnyPlugin = definePlugin({
  id: 'steady',
  events,
  messages,
  on: {
    bookingCreated: ({ data }, { notify, logger }) => {
      if (data.resourceName === 'said') logger.info({ said: data.bookingId }, 'from a handler')
      return [notify.told(data.userId, { id: data.bookingId })]
    },
  },
})

/** Does what the resource is named for, or what is in the file that its id is, if there is one by now. */
const troubled: AnyPlugin = definePlugin({
  id: 'troubled',
  events,
  messages,
  on: {
    bookingCreated: async ({ data: { bookingId, userId, resourceId, resourceName } }, { notify }) => {
      const told = [notify.told(userId, { id: bookingId })]
      switch (existsSync(resourceId) ? readFileSync(resourceId, 'utf8') : resourceName) {
        case 'exits':
          return process.exit(3)
        case 'exits when it was given up':
          // It is tried for two seconds.
          setTimeout(() => process.exit(3), 2_300)
          await new Promise(() => {})
          break
        case 'takes its time':
          await pass(400)
          break
        case 'fills its memory':
          return fill()
        case 'fills its memory with lists':
          return fillWithLists()
        case 'fills its memory with promises':
          await promiseForEver()
          break
        case 'fills its memory by and by':
          for (;;) {
            hoard.push(Array.from({ length: 200_000 }, (_, index) => ({ index })))
            await pass(5)
          }
        case 'loops':
          for (;;);
        case 'loops later':
          await pass(5)
          for (;;);
        case 'throws later':
          setTimeout(() => {
            throw new Error('too late')
          }, 5)
          await pass(20)
          break
        case 'does not wait':
          void Promise.reject(new Error('not waited for'))
          setTimeout(() => {
            throw new Error('too late')
          }, 5)
      }
      return told
    },
  },
})

/** Keeps an event waiting after its handler above was given up, until that one has ended its thread. */
const slow: AnyPlugin = definePlugin({
  id: 'slow',
  events,
  on: {
    bookingCreated: async ({ data: { resourceName } }) => {
      if (resourceName === 'exits when it was given up') await pass(900)
      return []
    },
  },
})

function fill(): never {
  const kept: object[] = []
  for (;;) kept.push({ at: kept.length })
}

/** Kept from event to event. */
const hoard: object[][] = []

function fillWithLists(): never {
  const kept: object[] = []
  for (;;) kept.push({ at: new Array(1_000).fill(kept.length) })
}

/** Each promise waits for the next. */
const promiseForEver = (): Promise<never> => Promise.resolve().then(promiseForEver)

export default [steady, troubled, slow, noting]
