import { audienceNamed, everyone } from '@belfry/contracts/audiences'
import * as notification from '@belfry/contracts/notification'
import { definePlugin } from '@belfry/core'
import { german } from './messages.de.ts'
import { messages } from './messages.ts'

/** Notifies people at the request of other services, in the words of the request, and withdraws a notification at their request. */
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
