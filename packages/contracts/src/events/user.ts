import Type from 'typebox'
import { Email, Locale, Name, TimeZone, UserId } from '../fields.ts'
import { defineEvent } from './define-event.ts'
import { formerly, formerlyOrAbsent } from './formerly.ts'

const roles = Type.Array(Name, { maxItems: 100 })
const person = {
  userId: UserId,
  name: Name,
  email: Email,
  roles,
  locale: Type.Optional(Locale),
  timeZone: Type.Optional(TimeZone),
}

/** An account was created. */
export const userCreated = defineEvent({
  type: 'user.created',
  topic: 'user',
  key: 'userId',
  data: Type.Object(person),
})

/** An account has changed. The fields have the new values; `previous` has the old values of exactly the fields that changed. */
export const userUpdated = defineEvent({
  type: 'user.updated',
  topic: 'user',
  key: 'userId',
  data: Type.Object({
    ...person,
    previous: Type.Object({
      name: formerly(Name),
      email: formerly(Email),
      roles: formerly(roles),
      locale: formerlyOrAbsent(Locale),
      timeZone: formerlyOrAbsent(TimeZone),
    }),
  }),
})

/** An account was deleted; everything kept about its person is deleted too. */
export const userDeleted = defineEvent({
  type: 'user.deleted',
  topic: 'user',
  key: 'userId',
  data: Type.Object({ userId: UserId }),
})
