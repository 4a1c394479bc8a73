import { existsSync } from 'node:fs'
import { bookingCreated } from '@belfry/contracts/booking'
import { type AnyPlugin, definePlugin } from '@belfry/core'

const events = { bookingCreated }
const messages = { told: { title: 'Booking {id}', body: '' } }

/** Tells of every booking. */
const steady: AnyPlugin = definePlugin({
  ...{ id: 'steady', events, messages },
  on: {
    bookingCreated: ({ data }, { notify, log }) => {
      if (data.resourceName === 'said') log.info({ said: data.bookingId }, 'from a handler')
      return [notify.told(data.userId, { id: data.bookingId })]
    },
  },
})

/** Does what the resource is named for, unless the file that the resource is has come to be. */
const troubled: AnyPlugin = definePlugin({
  ...{ id: 'troubled', events, messages },
  on: {
    bookingCreated: async ({ data }, { notify }) => {
      const told = [notify.told(data.userId, { id: data.bookingId })]
      if (existsSync(data.resourceId)) return told
      if (data.resourceName === 'exits') process.exit(3)
      if (data.resourceName === 'fills its memory') fill()
      if (data.resourceName === 'loops') for (;;);
      if (data.resourceName === 'loops later') {
        await new Promise((resolve) => setTimeout(resolve, 5))
        for (;;);
      }
      if (data.resourceName === 'throws later') {
        setTimeout(() => {
          throw new Error('too late')
        }, 5)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      return told
    },
  },
})

function fill(): void {
  const kept: object[] = []
  for (;;) kept.push({ at: kept.length })
}

export default [steady, troubled]
