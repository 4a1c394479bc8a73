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

/** The roles that a text names: a hundred long ones would exceed the limit of a parameter. */
const MAX_NAMED_ROLES = 20

/** Lists roles for a text; `none`, which the text leaves out, if there are none. */
function listed(roles: readonly string[]): string {
  const names = roles.slice(0, MAX_NAMED_ROLES).map((role) => `“${role}”`)
  return [...names, ...(roles.length > MAX_NAMED_ROLES ? ['…'] : [])].join(', ') || 'none'
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
      const { userId, roles, email, previous } = data
      const before = previous.roles ?? roles
      const added = roles.filter((role) => !before.includes(role))
      const removed = before.filter((role) => !roles.includes(role))
      const change = {
        email: previous.email === undefined ? 'no' : 'yes',
        wasEmail: previous.email ?? '',
        newEmail: email,
        added: listed(added),
        removed: listed(removed),
      }
      return [
        profile(userId, profileOf(data)),
        removed.map((role) => leave(withRole(role), { because: userId, person: userId })),
        roles.map((role) => join(userId, withRole(role), { because: userId })),
        (previous.email !== undefined || previous.roles !== undefined) &&
          notify.changed(userId, change, { link: '/account' }),
      ]
    },

    userDeleted: ({ data }, { erase }) => [erase(data.userId)],
  },
})
