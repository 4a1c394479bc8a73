import Type from 'typebox'
import { shown } from '../check/shown.ts'
import { AudienceName, Category, Link, Name, RequestId, Text, Time, UserId } from '../fields.ts'
import { isLink, LINK_EXPECTED } from '../link.ts'
import { defineEvent } from './define-event.ts'

/** A service of the platform requests a notification in its own words. */
export const notificationRequested = defineEvent({
  type: 'notification.requested',
  topic: 'notification',
  key: 'requestId',
  data: Type.Object({
    requestId: RequestId,
    to: Type.Object({
      users: Type.Optional(Type.Array(UserId, { maxItems: 10_000 })),
      audiences: Type.Optional(Type.Array(AudienceName, { maxItems: 100 })),
      everyone: Type.Optional(Type.Boolean()),
      except: Type.Optional(Type.Array(UserId, { maxItems: 10_000 })),
    }),
    title: Name,
    body: Text,
    category: Type.Optional(Category),
    priority: Type.Optional(Type.Enum(['low', 'normal', 'high'])),
    link: Type.Optional(Link),
    expiresAt: Type.Optional(Time),
  }),
  // The allowed schemes come from the configuration, so the schema cannot check them.
  rules: ({ link }, schemes) =>
    link === undefined || isLink(link, schemes)
      ? []
      : [{ path: '/link', message: `is ${shown(link)}, expected ${LINK_EXPECTED}` }],
})

/** A requested notification is withdrawn from every inbox. */
export const notificationWithdrawn = defineEvent({
  type: 'notification.withdrawn',
  topic: 'notification',
  key: 'requestId',
  data: Type.Object({ requestId: RequestId }),
})
