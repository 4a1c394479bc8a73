import type { DataOf } from '@belfry/contracts'
import { withRole } from '@belfry/contracts/audiences'
import * as user from '@belfry/contracts/user'
import { definePlugin } from '@belfry/core'
import { german } from './messages.de.ts'
import { messages } from './messages.ts'

/** The profile of a person: name and roles, and the locale and time zone that texts are rendered with. */
const profileOf = ({
  name,
  locale,
  timeZone,
  roles,
}: {
  readonly name: string
  readonly locale?: string
  readonly timeZone?: string
  readonly roles: readonly string[]
}) => ({
  name,
  roles,
  ...(locale !== undefined && { locale }),
  ...(timeZone !== undefined && { timeZone }),
})

/** The changes in a user.updated that the person is warned of. An old value that equals the new one is not a change. */
function changesOf({ email, roles, previous }: DataOf<typeof user.userUpdated>) {
  const are = new Set(roles)
  const were = previous.roles === undefined ? are : new Set(previous.roles)
  return {
    wasEmail: previous.email === email ? undefined : previous.email,
    added: [...are].filter((role) => !were.has(role)),
    removed: [...were].filter((role) => !are.has(role)),
  }
}

/** Welcomes people, warns them when their account changes, maintains profiles and the audiences of roles, and erases people whose account is deleted. */
export const userPlugin = definePlugin({
  id: 'user',
  events: user,
  messages,
  translations: { de: german },
  on: {
    userCreated: ({ data }, { notify, profile, join }) => [
      profile(data.userId, profileOf(data)),
      data.roles.map((role) => join(data.userId, withRole(role), { because: data.userId })),
      notify.welcome(data.userId, { name: data.name }, { link: '/account' }),
    ],

    userUpdated: ({ data }, { notify, profile, join, leave }) => {
      const { userId, roles, email } = data
      const { wasEmail, added, removed } = changesOf(data)
      const change = {
        email: wasEmail === undefined ? 'no' : 'yes',
        wasEmail: wasEmail ?? '',
        newEmail: email,
        added,
        addedCount: added.length,
        removed,
        removedCount: removed.length,
      }
      return [
        profile(userId, profileOf(data)),
        removed.map((role) => leave(withRole(role), { because: userId, person: userId })),
        roles.map((role) => join(userId, withRole(role), { because: userId })),
        (wasEmail !== undefined || added.length > 0 || removed.length > 0) &&
          notify.changed(userId, change, { link: '/account' }),
      ]
    },

    userDeleted: ({ data }, { erase }) => [erase(data.userId)],
  },
})
