import * as booking from '@belfry/contracts/booking'
import { definePlugin } from '@belfry/core'
import { bookingPlugin } from '@belfry/plugin-booking'

/** A plugin whose handler fetches something for each event before it notifies. */
const fetchingPlugin = definePlugin({
  id: 'fetching',
  events: booking,
  messages: { weather: { title: 'The weather at {resource}', body: 'It will be {weather}.' } },
  on: {
    bookingCreated: async ({ data }, { notify, signal }) => {
      const answer = await fetch(`${process.env.BENCH_WEATHER}`, { signal })
      return [
        notify.weather(data.userId, { resource: data.resourceName ?? data.resourceId, weather: await answer.text() }),
      ]
    },
  },
})

/** What rings in the scenario with handlers that do I/O. */
export default [bookingPlugin, fetchingPlugin]
