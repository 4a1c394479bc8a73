import { defineMessages } from '@belfry/core'

/** Title and body come from the request. */
export const messages = defineMessages({
  requested: { title: '{title}', body: '{body}' },
})
