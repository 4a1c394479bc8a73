import Type from 'typebox'
import { Name, ResourceId, Text, UserId } from '../fields.ts'
import { defineEvent } from './define-event.ts'
import { formerly, formerlyOrAbsent } from './formerly.ts'

const managers = Type.Array(UserId, { maxItems: 500 })
const status = Type.Enum(['available', 'maintenance', 'retired'])

/** A new resource can be booked. */
export const resourceCreated = defineEvent({
  type: 'resource.created',
  topic: 'resource',
  key: 'resourceId',
  data: Type.Object({
    resourceId: ResourceId,
    name: Name,
    kind: Name,
    location: Type.Optional(Name),
    managerIds: managers,
  }),
})

/** A resource has changed. The fields have the new values; `previous` has the old values of exactly the fields that changed. */
export const resourceUpdated = defineEvent({
  type: 'resource.updated',
  topic: 'resource',
  key: 'resourceId',
  data: Type.Object({
    resourceId: ResourceId,
    name: Name,
    kind: Type.Optional(Name),
    location: Type.Optional(Name),
    managerIds: Type.Optional(managers),
    status: Type.Optional(status),
    previous: Type.Object({
      name: formerly(Name),
      kind: formerlyOrAbsent(Name),
      location: formerlyOrAbsent(Name),
      managerIds: formerlyOrAbsent(managers),
      status: formerlyOrAbsent(status),
    }),
  }),
})

/** A resource can no longer be booked. */
export const resourceDeleted = defineEvent({
  type: 'resource.deleted',
  topic: 'resource',
  key: 'resourceId',
  data: Type.Object({ resourceId: ResourceId, name: Name, reason: Type.Optional(Text) }),
})
