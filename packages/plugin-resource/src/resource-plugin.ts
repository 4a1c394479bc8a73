import { bookersOf, managersOf } from '@belfry/contracts/audiences'
import * as resource from '@belfry/contracts/resource'
import { definePlugin } from '@belfry/core'
import { changesOf } from './changes.ts'
import { german } from './messages.de.ts'
import { messages } from './messages.ts'

const linkTo = ({ resourceId }: { readonly resourceId: string }) => ({
  link: `/resources/${encodeURIComponent(resourceId)}`,
})

/** Notifies managers, and people with upcoming bookings, of changes of a resource, and maintains the audience of its managers. */
export const resourcePlugin = definePlugin({
  id: 'resource',
  events: resource,
  messages,
  translations: { de: german },
  on: {
    resourceCreated: ({ data }, { notify, join }) => {
      const { resourceId, name, kind, location, managerIds } = data
      return [
        join(managerIds, managersOf(resourceId), { because: resourceId }),
        notify.created(
          managerIds,
          { name, kind, location: location ?? '', located: location === undefined ? 'no' : 'yes' },
          linkTo(data),
        ),
      ]
    },

    resourceUpdated: ({ data }, { notify, join, leave }) => {
      const { resourceId, name } = data
      const { managers, added, dropped, visible, managed, isVisible, anything } = changesOf(data)
      const all = managersOf(resourceId)
      // A person who is both is notified as a booker, and not again as a manager.
      const bookers = isVisible && bookersOf(resourceId)
      return [
        dropped.map((person) => leave(all, { because: resourceId, person })),
        bookers && notify.changed(bookers, visible, linkTo(data)),
        anything &&
          notify.managedChanged([all, managers], managed, { ...linkTo(data), except: [bookers, added, dropped] }),
        notify.managing(added, { name }, { ...linkTo(data), except: bookers }),
        notify.notManaging(dropped, { name }, { ...linkTo(data), except: bookers }),
        join(managers, all, { because: resourceId }),
      ]
    },

    resourceDeleted: ({ data }, { notify, endAudience }) => {
      const { resourceId, name, reason } = data
      const [bookers, managers] = [bookersOf(resourceId), managersOf(resourceId)]
      const what = { name, because: reason === undefined ? 'unknown' : 'known', reason: reason ?? '' }
      return [
        notify.deleted(bookers, what, linkTo(data)),
        notify.managedDeleted(managers, what, { ...linkTo(data), except: bookers }),
        endAudience(bookers),
        endAudience(managers),
      ]
    },
  },
})
