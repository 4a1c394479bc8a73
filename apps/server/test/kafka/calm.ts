import { bookingCreated } from '@belfry/contracts/booking'
import { notificationRequested } from '@belfry/contracts/notification'
import { resourceCreated } from '@belfry/contracts/resource'
import { userCreated } from '@belfry/contracts/user'
import type { Draws } from '@belfry/test-services/random'
import { type Planned, planned } from './planned.ts'

// What is applied before anything is disturbed, so that what comes later means the same in whatever order partitions are read.

/** So many that whoever tells all of them does it step by step. */
export const members = Array.from({ length: 310 }, (_, index) => `u${index}`)
/** Those who are told most. */
export const busy = members.slice(0, 40)
/** Their managers and bookers stay the same. */
export const rooms = Array.from({ length: 6 }, (_, index) => `r${index}`)
export const locales = ['en', 'de', 'fr']
export const zones = ['UTC', 'Europe/Berlin', 'America/New_York']
export const [startsAt, endsAt] = ['2090-05-05T10:00:00Z', '2090-05-05T11:00:00Z']

/** The accounts of all members. */
export const accounts = (draws: Draws): readonly Planned[] =>
  members.map((userId, index) =>
    planned(
      userCreated.create({
        source: '/calm',
        id: `account of ${userId}`,
        data: {
          userId,
          name: `Person ${index}`,
          email: `${userId}@example.org`,
          roles: index < busy.length && draws.chance(0.3) ? ['member', 'admin'] : ['member'],
          ...(draws.chance(0.7) && { locale: draws.one(locales), timeZone: draws.one(zones) }),
        },
      }),
    ),
  )

/** Rooms with managers and bookers, and something that everybody is told. */
export const furniture = (draws: Draws): readonly Planned[] => [
  ...rooms.map((resourceId) =>
    planned(
      resourceCreated.create({
        source: '/calm',
        id: resourceId,
        data: { resourceId, name: `Room ${resourceId}`, kind: 'room', managerIds: [...draws.some(busy, 3)] },
      }),
    ),
  ),
  ...Array.from({ length: 30 }, (_, index) =>
    planned(
      bookingCreated.create({
        source: '/calm',
        id: `standing ${index}`,
        data: {
          bookingId: `standing ${index}`,
          userId: draws.one(busy),
          resourceId: draws.one(rooms),
          startsAt,
          endsAt,
          attendeeIds: [...draws.some(busy, 3)],
        },
      }),
    ),
  ),
  planned(
    notificationRequested.create({
      source: '/calm',
      id: 'all',
      data: { requestId: 'all', to: { everyone: true }, title: 'Everybody', body: 'is told' },
    }),
  ),
]
