import { bookersOf, managersOf } from '@belfry/contracts/audiences'
import * as resource from '@belfry/contracts/resource'
import { definePlugin } from '@belfry/core'
import { changesOf, innerChange, visibleChange } from './changes.ts'
import { german } from './messages.de.ts'
import { messages } from './messages.ts'

const linkTo = ({ resourceId }: { readonly resourceId: string }) => ({
  link: `/resources/${encodeURIComponent(resourceId)}`,
})

/** Tells managers, and people with upcoming bookings, what becomes of a resource, and keeps the audience of its managers. */
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
      const { managers, added, dropped, visible, anything } = changesOf(data)
      const all = managersOf(resourceId)
      // Whoever is told as a booker is not told again as a manager.
      const bookers = visible && bookersOf(resourceId)
      const inner = { ...visibleChange(data), ...innerChange(data), joined: added.length, left: dropped.length }
      return [
        dropped.map((person) => leave(all, { because: resourceId, person })),
        bookers && notify.changed(bookers, visibleChange(data), linkTo(data)),
        anything &&
          notify.managedChanged([all, managers], inner, { ...linkTo(data), except: [bookers, added, dropped] }),
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
