import { defineMessages } from '@belfry/core'

/** The messages about accounts, in English. */
export const messages = defineMessages({
  welcome: {
    title: 'Welcome, {name}',
    body: 'Your account is ready. Notifications about your bookings will appear here. Open your account to check your language and time zone.',
    category: 'account',
  },
  changed: {
    title: 'Your account was changed',
    body: '{email, select, yes {Your e-mail address was changed from {wasEmail} to {newEmail}. } other {}}{addedCount, plural, =0 {} one {You now have the role {added, list}. } other {You now have the roles {added, list}. }}{removedCount, plural, =0 {} one {You no longer have the role {removed, list}. } other {You no longer have the roles {removed, list}. }}If you did not expect this, contact an administrator immediately.',
    priority: 'high',
    category: 'security',
  },
})
