import { audienceNamed, everyone } from '@belfry/contracts/audiences'
import * as notification from '@belfry/contracts/notification'
import { definePlugin } from '@belfry/core'
import { german } from './messages.de.ts'
import { messages } from './messages.ts'

/** Tells people what other services ask it to, in their words, and takes it back when they ask for that. */
export const notificationPlugin = definePlugin({
  id: 'notification',
  events: notification,
  messages,
  translations: { de: german },
  on: {
    notificationRequested: ({ data }, { notify }) => {
      const { requestId, to, title, body, category, priority, link, expiresAt } = data
      return [
        notify.requested(
          [to.users ?? [], (to.audiences ?? []).map(audienceNamed), to.everyone === true && everyone],
          { title, body },
          {
            key: requestId,
            except: to.except ?? [],
            ...(category !== undefined && { category }),
            ...(priority !== undefined && { priority }),
            ...(link !== undefined && { link }),
            ...(expiresAt !== undefined && { expiresAt }),
          },
        ),
      ]
    },

    notificationWithdrawn: ({ data }, { withdraw }) => [withdraw(data.requestId)],
  },
})
