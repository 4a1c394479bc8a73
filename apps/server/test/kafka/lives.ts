import type { CloudEvent } from '@belfry/contracts'
import { bookingCancelled, bookingCheckedIn, bookingCreated, bookingUpdated } from '@belfry/contracts/booking'
import { notificationRequested, notificationWithdrawn } from '@belfry/contracts/notification'
import { userCreated, userDeleted, userUpdated } from '@belfry/contracts/user'
import type { Draws } from '@belfry/test-services/random'
import { busy, endsAt, locales, rooms, startsAt, zones } from './calm.ts'

/** They come and go, and nobody but their account tells them anything. */
export const passers = Array.from({ length: 12 }, (_, index) => `p${index}`)

/**
 * What has a beginning and an end: bookings of a resource whose bookers nobody asks for, requests that are withdrawn, and accounts that
 * change and are deleted. All events of one have one key, and so their order.
 */
export function createLives(draws: Draws): readonly ((id: number) => CloudEvent)[] {
  const bookings: { readonly data: Parameters<typeof bookingCreated.create>[0]['data'] }[] = []
  const requests: string[] = []
  const accounts = new Map<string, boolean>()
  const head = (id: number) => ({ source: '/lives', id: String(id) })
  const booked = (id: number) => {
    const place = { resourceId: 'volatile', resourceName: `B${id}`, startsAt, endsAt }
    const data = { bookingId: `life ${id}`, userId: draws.one(busy), ...place, attendeeIds: [...draws.some(busy, 3)] }
    bookings.push({ data })
    return bookingCreated.create({ ...head(id), data })
  }
  const requested = (id: number) => {
    const to = {
      users: [...draws.some(busy, 4)],
      audiences: [...draws.some(['role/admin', 'resource/r0/managers', `resource/${draws.one(rooms)}/bookers`], 2)],
      except: [...draws.some(busy, 2)],
    }
    requests.push(`q${id}`)
    const priority = draws.one(['low', 'normal', 'high'] as const)
    const data = { requestId: `q${id}`, to, title: `Request ${id}`, body: 'ß😀', category: 'news', priority }
    return notificationRequested.create({ ...head(id), data })
  }
  const account = (userId: string) => ({
    userId,
    name: `Passer ${userId}`,
    email: `${userId}@example.org`,
    roles: [...draws.some(['guest', 'visitor'], 2)],
    ...(draws.chance(0.7) && { locale: draws.one(locales), timeZone: draws.one(zones) }),
  })
  return [
    booked,
    (id) => {
      const found = bookings[draws.below(bookings.length)]
      if (found === undefined) return booked(id)
      const previous = { attendeeIds: [...draws.some(busy, 3)], resourceName: `Was ${id}` }
      return bookingUpdated.create({ ...head(id), data: { ...found.data, resourceName: `B${id}`, previous } })
    },
    (id) => {
      const [found] = bookings.length > 3 ? bookings.splice(draws.below(bookings.length), 1) : []
      return found === undefined
        ? booked(id)
        : bookingCancelled.create({ ...head(id), data: { ...found.data, reason: `Reason ${id}` } })
    },
    (id) => {
      const place = { bookingId: `in ${id}`, userId: draws.one(busy), resourceId: 'volatile', resourceName: `B${id}` }
      return bookingCheckedIn.create({ ...head(id), data: { ...place, checkedInAt: startsAt } })
    },
    requested,
    (id) => {
      const [requestId] = requests.length > 3 ? requests.splice(draws.below(requests.length), 1) : []
      return requestId === undefined
        ? requested(id)
        : notificationWithdrawn.create({ ...head(id), data: { requestId } })
    },
    (id) => {
      // More people than one transaction tells, now and then.
      const to = draws.chance(0.15) ? { audiences: ['role/member'] } : { users: [draws.one(busy)] }
      return notificationRequested.create({
        ...head(id),
        data: { requestId: `m${id}`, to, title: `To many ${id}`, body: 'b' },
      })
    },
    (id) => {
      const userId = draws.one(passers)
      const before = accounts.get(userId)
      accounts.set(userId, before !== true || !draws.chance(0.3))
      if (before !== true) return userCreated.create({ ...head(id), data: account(userId) })
      if (accounts.get(userId) === false) return userDeleted.create({ ...head(id), data: { userId } })
      const previous = { email: `${id}@example.org`, roles: ['guest'] }
      return userUpdated.create({ ...head(id), data: { ...account(userId), previous } })
    },
  ]
}
