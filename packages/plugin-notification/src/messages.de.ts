import { defineTranslation } from '@belfry/core'
import { messages } from './messages.ts'

/** The words are the requester's own, in whatever language. */
export const german = defineTranslation(messages, {
  requested: { title: '{title}', body: '{body}' },
})
