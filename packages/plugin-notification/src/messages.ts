import { defineMessages } from '@belfry/core'

/** The words are the requester's own. */
export const messages = defineMessages({
  requested: { title: '{title}', body: '{body}' },
})
