import { withRole } from '@belfry/contracts/audiences'
import * as user from '@belfry/contracts/user'
import { definePlugin } from '@belfry/core'
import { german } from './messages.de.ts'
import { messages } from './messages.ts'

/** How texts for this person are rendered, and who they are. */
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
  ...{ name, roles },
  ...(locale !== undefined && { locale }),
  ...(timeZone !== undefined && { timeZone }),
})

/** As many roles as a text names; a hundred long ones are more than it may be filled with. */
const MOST_NAMED = 20

/** Roles as a text names them: a marker where there are none, so that a text can leave them out. */
function named(roles: readonly string[]): string {
  const names = roles.slice(0, MOST_NAMED).map((role) => `“${role}”`)
  return [...names, ...(roles.length > MOST_NAMED ? ['…'] : [])].join(', ') || 'none'
}

/** Welcomes people, warns them when their account changes, keeps profiles and the audiences of roles, and forgets who leaves. */
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
        ...{ email: previous.email === undefined ? 'no' : 'yes', wasEmail: previous.email ?? '', newEmail: email },
        ...{ added: named(added), removed: named(removed) },
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
