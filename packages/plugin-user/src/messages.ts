import { defineMessages } from '@belfry/core'

/** The messages about accounts, in English. */
export const messages = defineMessages({
  welcome: {
    title: 'Welcome, {name}',
    body: 'Your account is ready. What concerns your bookings will be told here. Open your account to set your language and time zone.',
    category: 'account',
  },
  changed: {
    title: 'Your account was changed',
    body: '{email, select, yes {Your e-mail address was {wasEmail} and is now {newEmail}. } other {}}{added, select, none {} other {You now have the role {added}. }}{removed, select, none {} other {You no longer have the role {removed}. }}If you did not expect this, tell an administrator at once.',
    priority: 'high',
    category: 'security',
  },
})
